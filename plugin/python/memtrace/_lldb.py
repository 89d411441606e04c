# SPDX-License-Identifier: MIT
"""LLDB's side: one function of the plugin that LLDB has loaded."""

import ctypes
import os
import sys

import lldb

from . import _connection

_ADD_TEXT = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_char_p)

_library = None
_debugger = None  # as given to use()
_connections = {}  # by the plugin's number for the session


def use(debugger):
    global _debugger
    _debugger = debugger


def current():
    library = _load()
    session = library.memtrace_lldb_session(_debugger_id())
    if session == 0:
        raise RuntimeError("memtrace's LLDB plugin was loaded by no debugger that is still there")
    if session not in _connections:
        _connections[session] = _connection.Connection(lambda text: _ask(session, text))
    return _connections[session]


def _debugger_id():
    """0: the debugger that has loaded the plugin."""
    for debugger in (_debugger, getattr(lldb, "debugger", None)):
        if debugger is not None and debugger.IsValid():
            return debugger.GetID()
    return 0


def _load():
    global _library
    if _library is None:
        here = os.path.dirname(os.path.realpath(__file__))
        prefix = os.path.normpath(os.path.join(here, "..", "..", "..", ".."))
        path = os.path.join(prefix, "lib", "memtrace", "libmemtrace_lldb.so")
        try:
            # Only the one that LLDB has loaded: it knows the debuggers.
            library = ctypes.CDLL(path, mode=os.RTLD_NOLOAD)
        except OSError:
            raise RuntimeError("memtrace's LLDB plugin is not loaded; plugin load %s" % path) from None
        library.memtrace_lldb_session.restype = ctypes.c_uint64
        library.memtrace_lldb_session.argtypes = [ctypes.c_uint64]
        library.memtrace_lldb_query.restype = ctypes.c_int
        library.memtrace_lldb_query.argtypes = [
            ctypes.c_uint64,
            ctypes.c_char_p,
            _ADD_TEXT,
            ctypes.c_void_p,
        ]
        _library = library
    return _library


def _ask(session, request):
    """(status, answer or error line)"""
    answers, caught = [], []
    add = _ADD_TEXT(lambda _, text: answers.append(text))
    hook = sys.unraisablehook
    # Ctrl-C may strike inside `add`, where ctypes would print and forget it.
    sys.unraisablehook = lambda event: caught.append(event.exc_value)
    try:
        status = _load().memtrace_lldb_query(session, request.encode("ascii"), add, None)
    finally:
        sys.unraisablehook = hook
    if caught:
        raise caught[0]
    return status, answers[0].decode("utf-8", "replace") if answers else ""


VALUE, CALLED = lldb.SBValue, "an lldb.SBValue"


def number_or_place(value):
    """What a pointer or integer is; of others where they lie, or None."""
    kind = value.GetType().GetCanonicalType()
    if kind.IsReferenceType():
        value = value.Dereference()
        kind = value.GetType().GetCanonicalType()
    whole = lldb.eTypeIsScalar | lldb.eTypeIsInteger
    if kind.IsPointerType() or kind.GetTypeFlags() & whole == whole:
        error = lldb.SBError()
        number = value.GetValueAsUnsigned(error)
        if error.Fail():
            raise RuntimeError("this value cannot be read: %s" % error.GetCString())
        return number
    address = value.GetLoadAddress()
    return None if address == lldb.LLDB_INVALID_ADDRESS else address
