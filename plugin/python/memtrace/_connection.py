# SPDX-License-Identifier: MIT
"""The way to the core: one request, one answer, both JSON.

Which debugger we are in, and which of its programs is meant, is the business of
_gdb.py and _lldb.py. Each program has one connection; a snapshot belongs to one.
"""

import collections
import json
import sys

# enum mtc_status
OK = 0
INTERRUPTED = 2
BAD_VALUE = 4
BAD_FILE = 5


class Connection:
    """`ask` takes a request's text and returns (status, answer or error line)."""

    def __init__(self, ask):
        self._ask = ask
        self._released = collections.deque()  # handles that nobody holds any more

    def query(self, op, **fields):
        self._flush()
        return self._query(op, fields)

    def release(self, handle):
        """May be called at any moment, by the garbage collector within a query too."""
        self._released.append(handle)
        self._flush()

    def _flush(self):
        while self._released:
            try:
                handle = self._released.popleft()
            except IndexError:
                return
            try:
                self._query("release", {"snapshot": handle})
            except BaseException as error:
                # In the middle of another query, say: the next one does it.
                self._released.append(handle)
                if not isinstance(error, RuntimeError):
                    raise
                return

    def _query(self, op, fields):
        status, text = self._ask(json.dumps(dict(fields, op=op)))
        if status == OK:
            return json.loads(text)
        if status == INTERRUPTED:
            raise KeyboardInterrupt
        if status == BAD_VALUE:
            raise ValueError(text)
        if status == BAD_FILE:
            raise OSError(text)
        raise RuntimeError(text)


def _debugger():
    """The module for the debugger whose Python this is."""
    if "gdb" in sys.modules:
        from . import _gdb

        return _gdb
    if "lldb" in sys.modules:
        from . import _lldb

        return _lldb
    raise RuntimeError("memtrace works in the Python of GDB or LLDB, not by itself")


def current():
    """The connection of the program that is selected in the debugger."""
    return _debugger().current()


def address_of(value):
    """The address that a debugger's value means; TypeError when it means none."""
    debugger = _debugger()
    if not isinstance(value, debugger.VALUE):
        raise TypeError(
            "expected an address or %s, not %s" % (debugger.CALLED, type(value).__name__)
        )
    address = debugger.number_or_place(value)
    if address is None:
        raise TypeError("this value lies at no address")
    return address


def use(debugger):
    """From now on asks this lldb.SBDebugger; None: the one that loaded memtrace's plugin.

    Only a process with several LLDB debuggers needs it. GDB has one and ignores it.
    """
    _debugger().use(debugger)
