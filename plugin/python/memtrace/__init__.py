# SPDX-License-Identifier: MIT
"""tracemalloc for the program in the debugger: the same names, the same rules.

For the Python inside GDB and inside LLDB. Everything is computed by memtrace's
core, which the debugger has loaded; docs/python.md has examples and what differs.
"""

from ._connection import use
from ._filters import BaseFilter, DomainFilter, Filter
from ._frames import Frame, Traceback
from ._snapshot import Snapshot, get_snapshot, take_snapshot
from ._statistics import Statistic, StatisticDiff
from ._traces import Trace
from ._tracing import (
    clear_traces,
    get_object_traceback,
    get_traceback_limit,
    get_traced_memory,
    get_tracemalloc_memory,
    is_tracing,
    reset_peak,
    start,
    stop,
)

__all__ = [
    "BaseFilter",
    "DomainFilter",
    "Filter",
    "Frame",
    "Snapshot",
    "Statistic",
    "StatisticDiff",
    "Trace",
    "Traceback",
    "clear_traces",
    "get_object_traceback",
    "get_snapshot",
    "get_traceback_limit",
    "get_traced_memory",
    "get_tracemalloc_memory",
    "is_tracing",
    "reset_peak",
    "start",
    "stop",
    "take_snapshot",
    "use",
]
