# SPDX-License-Identifier: MIT
"""At a later stop: a snapshot to compare with."""
import memtrace

memtrace.before = memtrace.take_snapshot()
print(memtrace.before.traces)
