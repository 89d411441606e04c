# SPDX-License-Identifier: MIT
"""What has changed since the first stop."""
import memtrace

now = memtrace.take_snapshot()
for key in ("lineno", "filename"):
    print("by", key)
    for row in now.compare_to(memtrace.before, key):
        print(row)
print("the other way round")
for row in memtrace.before.compare_to(now, "lineno"):
    print(row)
print("with itself")
for row in now.compare_to(now, "lineno"):
    print(row)
