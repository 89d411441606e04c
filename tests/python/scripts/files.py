# SPDX-License-Identifier: MIT
"""A snapshot as a file, and what a script puts beside it."""
import os

import memtrace

path = os.path.join(os.environ["MEMTRACE_WORK"], "files-%d.pprof" % os.getpid())
snapshot = memtrace.take_snapshot()
snapshot.title = "after the columns"
snapshot.notes = {"numbers": [1, 2.5], "nothing": None}
snapshot.dump(path)
again = memtrace.Snapshot.load(path)
print(again.title, again.notes, again.traceback_limit)
print(again.traces == snapshot.traces, again.traces)
for key in ("lineno", "filename", "traceback"):
    print(key, again.statistics(key) == snapshot.statistics(key))
print({row.size_diff for row in again.compare_to(snapshot, "traceback")})

some = snapshot.filter_traces([memtrace.Filter(True, "*", 22)])
some.dump(path)
again = memtrace.Snapshot.load(path)
print(again.traces, again.traces == some.traces, hasattr(again, "title"))
for row in again.statistics("lineno"):
    print(row)
with open(path, "rb") as file:
    print("gzip", file.read(2) == b"\x1f\x8b")

for wrong in ("text", ""):
    with open(path, "w") as file:
        file.write(wrong)
    try:
        memtrace.Snapshot.load(path)
    except (OSError, RuntimeError, ValueError) as error:
        print(str(error).replace(path, "FILE"))
os.unlink(path)
try:
    memtrace.Snapshot.load(path)
except (OSError, RuntimeError, ValueError) as error:
    print(str(error).replace(path, "FILE"))
try:
    snapshot.dump("/nowhere/at/all")
except OSError as error:
    print(error)
snapshot.notes = {1, 2}
try:
    snapshot.dump(path)
except TypeError as error:
    print(error, os.path.exists(path))
