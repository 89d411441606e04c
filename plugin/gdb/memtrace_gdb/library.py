# SPDX-License-Identifier: MIT
"""Finds the core library, and says whether it may be used at all. What it offers stands in
memtrace_core.h; interface.py is that header in ctypes, written by the build."""

import ctypes

import gdb

from .interface import ABI, PROTOTYPES


def load(path):
    """The core library, with its prototypes set; GdbError when it will not do."""
    try:
        core = ctypes.CDLL(path)
        core.mtc_abi.restype = ctypes.c_uint32
        abi = core.mtc_abi()
    except (OSError, AttributeError) as error:
        raise gdb.GdbError("the core library cannot be loaded: %s; install memtrace again" % error)
    if abi != ABI:
        raise gdb.GdbError(
            "%s speaks interface %d, these GDB commands speak %d; install both from one version"
            % (path, abi, ABI)
        )
    for name, (result, arguments) in PROTOTYPES.items():
        function = getattr(core, name, None)
        if function is None:
            raise gdb.GdbError("%s has no %s; install memtrace again" % (path, name))
        function.restype = result
        function.argtypes = arguments
    return core


def to_bytes(text):
    """What a Python string is for C; None stays NULL."""
    return None if text is None else text.encode("utf-8", "surrogateescape")


def to_text(raw):
    return "" if raw is None else raw.decode("utf-8", "replace")
