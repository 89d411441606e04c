# SPDX-License-Identifier: MIT
import memtrace

rows = memtrace.take_snapshot().statistics("lineno")
for number, row in enumerate(rows[:3], 1):
    frame = row.traceback[0]
    name = "/".join(frame.filename.split("/")[-2:])
    print("#%d: %s:%d: %.1f KiB" % (number, name, frame.lineno, row.size / 1024))
    for line in row.traceback.format()[1:]:
        print(line)
other = rows[3:]
print("%d other: %.1f KiB" % (len(other), sum(row.size for row in other) / 1024))
print("Total allocated size: %.1f KiB" % (sum(row.size for row in rows) / 1024))
