# SPDX-License-Identifier: MIT
"""Everything about one snapshot."""
import builtins

import memtrace

snapshot = memtrace.take_snapshot()
print(memtrace.get_traced_memory(), snapshot.traces, snapshot.traceback_limit)
for key in ("lineno", "filename", "function", "module", "domain", "size"):
    print("by", key)
    for row in snapshot.statistics(key):
        print(row, row.total_size, row.total_count, row.temporary_count, row.traceback[-1].function)
print("cumulative")
for row in snapshot.statistics("filename", cumulative=True):
    print(row if row.traceback[0].filename.endswith("lesson_statistics.c") else "outside")

mine = memtrace.Filter(True, "*/lesson_statistics.c")
print("of one line")
for kept in (
    [memtrace.Filter(True, "*/lesson_statistics.c", 19)],
    [memtrace.Filter(False, "*/lesson_statistics.c", 19)],
    [memtrace.Filter(True, "*", 38, all_frames=True)],
    [memtrace.DomainFilter(True, 1)],
    [mine, memtrace.DomainFilter(False, 0)],
    [],
):
    filtered = snapshot.filter_traces(kept)
    print(len(filtered.traces), [str(row) for row in filtered.statistics("lineno")])

print("sizes", sorted({trace.size for trace in snapshot.traces}))
print("domains", {trace.domain for trace in snapshot.traces})
last = snapshot.statistics("traceback")[0].traceback
print(repr(memtrace.Traceback(tuple(reversed([frame._frame for frame in last[-2:]])))))
print("\n".join(last.format(limit=2)))
print("\n".join(last.format(limit=2, most_recent_first=True)))

print("the block at an address")
found = memtrace.get_object_traceback(builtins.address)
print("\n".join(found.format(2)))
print(memtrace.get_object_traceback(builtins.address + 511) == found)
print(memtrace.get_object_traceback(builtins.address + 512), memtrace.get_object_traceback(8))

print("mistakes")
for mistake in (
    lambda: snapshot.statistics("colour"),
    lambda: snapshot.statistics("traceback", cumulative=True),
    lambda: snapshot.filter_traces(mine),
    lambda: memtrace.get_snapshot("before"),
    lambda: memtrace.start(0),
    lambda: memtrace.get_object_traceback("p"),
):
    try:
        print(mistake())
    except (TypeError, ValueError, RuntimeError) as error:
        text = str(error).replace("gdb.Value", "VALUE").replace("lldb.SBValue", "VALUE")
        print(type(error).__name__ + ":", text.replace("a VALUE", "VALUE").replace("an VALUE", "VALUE"))
