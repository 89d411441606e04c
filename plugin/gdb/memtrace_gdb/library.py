# SPDX-License-Identifier: MIT
"""memtrace_core.h in ctypes: structures, prototypes, and finding the library.

Every line answers to one in that header; nothing is decided here but whether
the library may be used at all.
"""

import ctypes
from ctypes import CFUNCTYPE, POINTER, Structure
from ctypes import c_char_p, c_int, c_int32, c_int64, c_uint32, c_uint64, c_void_p

import gdb

ABI = 4

OK = 0
ERROR = 1
INTERRUPTED = 2
NOT_OURS = 3
BAD_VALUE = 4

NONE = 0
LIVE = 1
CORE = 2
REPLAY = 3
EXITED = 4
DETACHED = 5


class Target(Structure):
    _fields_ = [
        ("kind", c_int32),
        ("is_remote", c_int32),
        ("is_running", c_int32),
        ("pointer_width", c_int32),
        ("pid", c_int64),
        ("executable", c_char_p),
        ("core", c_char_p),
    ]


class Frame(Structure):
    _fields_ = [
        ("function", c_char_p),
        ("linkage", c_char_p),
        ("file", c_char_p),
        ("directory", c_char_p),
        ("line", c_uint32),
    ]


class Symbol(Structure):
    _fields_ = [("name", c_char_p), ("start", c_uint64), ("size", c_uint64)]


class Thread(Structure):
    _fields_ = [("number", c_uint32), ("tid", c_uint32), ("stack_pointer", c_uint64)]


ADD_FRAME = CFUNCTYPE(None, c_void_p, POINTER(Frame))
ADD_SYMBOL = CFUNCTYPE(None, c_void_p, POINTER(Symbol))
ADD_TEXT = CFUNCTYPE(None, c_void_p, c_char_p)
ADD_THREAD = CFUNCTYPE(None, c_void_p, POINTER(Thread))

READ = CFUNCTYPE(c_int, c_void_p, c_uint64, c_void_p, c_uint64, POINTER(c_uint64))
WRITE = CFUNCTYPE(c_int, c_void_p, c_uint64, c_void_p, c_uint64)
FIND_SYMBOL = CFUNCTYPE(c_int, c_void_p, c_char_p, POINTER(c_uint64))
REGIONS = CFUNCTYPE(c_int, c_void_p, c_void_p, c_void_p)
SYMBOLISE = CFUNCTYPE(c_int, c_void_p, c_uint64, ADD_FRAME, c_void_p)
SYMBOL_AT = CFUNCTYPE(c_int, c_void_p, c_uint64, ADD_SYMBOL, c_void_p)
TARGET = CFUNCTYPE(c_int, c_void_p, POINTER(Target))
PRINT = CFUNCTYPE(None, c_void_p, c_void_p, c_uint64)
INTERRUPTED_CALL = CFUNCTYPE(c_int, c_void_p)
SOURCE_LINE = CFUNCTYPE(c_int, c_void_p, c_char_p, c_uint32, ADD_TEXT, c_void_p)
PREPARE_RUN = CFUNCTYPE(c_int, c_void_p, c_char_p, c_char_p, ADD_TEXT, c_void_p)
AWAIT_RUNTIME = CFUNCTYPE(c_int, c_void_p)
SET_STOP_POINT = CFUNCTYPE(c_int, c_void_p, c_char_p, c_int)
EVALUATE = CFUNCTYPE(c_int, c_void_p, c_char_p, POINTER(c_uint64), ADD_TEXT, c_void_p)
THREADS = CFUNCTYPE(c_int, c_void_p, ADD_THREAD, c_void_p)
SET_POINT = CFUNCTYPE(c_int, c_void_p, c_uint64, c_char_p, c_uint64, c_int, POINTER(c_uint32))
CURRENT_THREAD = CFUNCTYPE(c_int, c_void_p, POINTER(c_uint64))
STACK_POINTER = CFUNCTYPE(c_int, c_void_p, c_uint64, POINTER(c_uint64))


class Debugger(Structure):
    _fields_ = [
        ("abi", c_uint32),
        ("size", c_uint32),
        ("user", c_void_p),
        ("read", READ),
        ("write", WRITE),
        ("find_symbol", FIND_SYMBOL),
        ("regions", REGIONS),
        ("symbolise", SYMBOLISE),
        ("symbol_at", SYMBOL_AT),
        ("target", TARGET),
        ("print", PRINT),
        ("interrupted", INTERRUPTED_CALL),
        ("source_line", SOURCE_LINE),
        ("prepare_run", PREPARE_RUN),
        ("await_runtime", AWAIT_RUNTIME),
        ("set_stop_point", SET_STOP_POINT),
        ("evaluate", EVALUATE),
        ("threads", THREADS),
        ("set_point", SET_POINT),
        ("current_thread", CURRENT_THREAD),
        ("stack_pointer", STACK_POINTER),
    ]


class Hit(Structure):
    _fields_ = [
        ("point", c_uint64),
        ("thread", c_uint64),
        ("pc", c_uint64),
        ("sp", c_uint64),
        ("frame", c_uint64),
        ("return_pc", c_uint64),
        ("is_inlined", c_int32),
        ("reserved", c_int32),
    ]


class Stop(Structure):
    _fields_ = [("stays", c_int32), ("level", c_uint32), ("pc", c_uint64)]


_PROTOTYPES = {
    "mtc_open": (c_void_p, [POINTER(Debugger), c_char_p]),
    "mtc_close": (None, [c_void_p]),
    "mtc_run": (c_int, [c_void_p, c_char_p]),
    "mtc_error": (c_char_p, [c_void_p]),
    "mtc_loaded": (c_int, [c_void_p]),
    "mtc_program": (c_int, [c_void_p]),
    "mtc_stopped": (c_int, [c_void_p, POINTER(c_uint64), ADD_TEXT, c_void_p, POINTER(Stop)]),
    "mtc_reached": (c_int, [c_void_p, POINTER(Hit), ADD_TEXT, c_void_p, POINTER(Stop)]),
    "mtc_complete": (c_int, [c_void_p, c_char_p, ADD_TEXT, c_void_p]),
    "mtc_verb": (c_char_p, [c_uint32]),
    "mtc_verb_summary": (c_char_p, [c_uint32]),
    "mtc_verb_help": (c_char_p, [c_uint32]),
    "mtc_version": (c_char_p, []),
    "mtc_traced_memory": (c_int, [c_void_p, POINTER(c_uint64), POINTER(c_uint64)]),
    "mtc_block": (c_int, [c_void_p, c_uint64, POINTER(c_uint64), POINTER(c_uint64)]),
    "mtc_query": (c_int, [c_void_p, c_char_p, ADD_TEXT, c_void_p]),
}


def load(path):
    """The core library, with its prototypes set; GdbError when it will not do."""
    try:
        core = ctypes.CDLL(path)
        core.mtc_abi.restype = c_uint32
        abi = core.mtc_abi()
    except (OSError, AttributeError) as error:
        raise gdb.GdbError("the core library cannot be loaded: %s; install memtrace again" % error)
    if abi != ABI:
        raise gdb.GdbError(
            "%s speaks interface %d, these GDB commands speak %d; install both from one version"
            % (path, abi, ABI)
        )
    for name, (result, arguments) in _PROTOTYPES.items():
        function = getattr(core, name)
        function.restype = result
        function.argtypes = arguments
    return core


def to_bytes(text):
    """What a Python string is for C; None stays NULL."""
    return None if text is None else text.encode("utf-8", "surrogateescape")


def to_text(raw):
    return "" if raw is None else raw.decode("utf-8", "replace")
