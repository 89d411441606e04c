# SPDX-License-Identifier: MIT
"""On a core file: what cannot be done there, and what can."""
import os

import memtrace

for change in (memtrace.start, memtrace.stop, memtrace.clear_traces, memtrace.reset_peak):
    try:
        print(change())
    except RuntimeError as error:
        print(change.__name__, "-", error)
print(memtrace.is_tracing(), memtrace.get_traceback_limit(), memtrace.get_traced_memory())
print(memtrace.get_tracemalloc_memory() > 0)
path = os.path.join(os.environ["MEMTRACE_WORK"], "core-%d.pprof" % os.getpid())
snapshot = memtrace.take_snapshot()
snapshot.dump(path)
again = memtrace.Snapshot.load(path)
print(again.traces == snapshot.traces, {row.size_diff for row in again.compare_to(snapshot, "lineno")})
