# SPDX-License-Identifier: MIT
import memtrace

now = memtrace.take_snapshot()
# The module outlives the script, so it can keep what the next stop needs.
before = getattr(memtrace, "before", None)
if before is not None:
    for row in now.compare_to(before, "lineno")[:4]:
        print(row)
memtrace.before = now
print(now.traces, memtrace.get_traced_memory())
