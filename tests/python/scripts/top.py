# SPDX-License-Identifier: MIT
"""tracemalloc's "pretty top", and what has grown."""
import memtrace

snapshot = memtrace.take_snapshot()
rows = snapshot.statistics("lineno")
for number, row in enumerate(rows[:5], 1):
    frame = row.traceback[0]
    name = "/".join(frame.filename.split("/")[-2:])
    print("#%d: %s:%d: %.1f KiB" % (number, name, frame.lineno, row.size / 1024))
    for line in row.traceback.format()[1:]:
        print(line)
other = rows[5:]
print("%d other: %.1f KiB" % (len(other), sum(row.size for row in other) / 1024))
print("Total allocated size: %.1f KiB" % (sum(row.size for row in rows) / 1024))
print(sum(row.size for row in rows) == memtrace.get_traced_memory()[0])
print(sum(trace.size for trace in snapshot.traces) == memtrace.get_traced_memory()[0])
print("grown")
for row in snapshot.compare_to(memtrace.before, "lineno")[:5]:
    print(row)
mine = snapshot.filter_traces([memtrace.Filter(True, "*/json_reshape.cpp", all_frames=True)])
print(len(mine.traces), len(snapshot.traces))
