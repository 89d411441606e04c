# SPDX-License-Identifier: MIT
"""The functions of tracemalloc, about the program that is selected in the debugger."""

import operator

from . import _connection
from ._frames import Tables


def _ask(op, **fields):
    return _connection.current().query(op, **fields)


def start(nframe=32):
    """Starts tracing; without a process, with the next run. While tracing: does nothing."""
    _ask("start", frames=operator.index(nframe))


def stop():
    """Stops tracing and drops all traces."""
    _ask("stop")


def is_tracing():
    """True while allocations are traced; False without a program, too."""
    return _ask("is_tracing")["tracing"]


def clear_traces():
    """Drops all traces and goes on tracing."""
    _ask("clear_traces")


def get_traced_memory():
    """(current, peak) in bytes."""
    answer = _ask("get_traced_memory")
    return (answer["current"], answer["peak"])


def reset_peak():
    """The peak becomes what is traced now."""
    _ask("reset_peak")


def get_traceback_limit():
    """Frames that a traceback has at most."""
    return _ask("get_traceback_limit")["limit"]


def get_tracemalloc_memory():
    """Bytes that tracing itself takes in the program."""
    return _ask("get_tracer_memory")["size"]


def get_object_traceback(obj):
    """The traceback of the block that holds an address, or None.

    `obj` is a number, or a value of the debugger: a pointer means what it points to,
    any other value itself.
    """
    # Not by __index__: a gdb.Value of any type has it.
    address = obj if isinstance(obj, int) else _connection.address_of(obj)
    if address < 0:
        raise ValueError("an address is not negative")
    answer = _ask("object_traceback", address=address)
    return Tables(answer).traceback(0) if answer["tracebacks"] else None
