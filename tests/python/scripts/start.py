# SPDX-License-Identifier: MIT
"""At the first stop: tracing begins."""
import memtrace

print("tracing before:", memtrace.is_tracing())
memtrace.start()
print("tracing:", memtrace.is_tracing(), memtrace.get_traceback_limit(), memtrace.get_traced_memory())
# The module outlives the script.
memtrace.before = memtrace.take_snapshot()
print(memtrace.before.traces, memtrace.before.statistics("lineno"))
