# SPDX-License-Identifier: MIT
"""The debugger as the core sees it, by GDB's Python API.

Adapter only: no parsing of commands, no knowledge of the table, no formatting.
All of that is in libmemtrace_core.so, which this package calls by ctypes.
"""

import os
import sys

import gdb

_sessions = None


def load(directory):
    """Registers commands and functions; `directory` is share/memtrace/gdb."""
    global _sessions
    prefix = os.path.normpath(os.path.join(directory, "..", "..", ".."))
    libraries = os.path.join(prefix, "lib")
    try:
        import ctypes  # noqa: F401
    except ImportError as error:
        raise gdb.GdbError(
            "this GDB's Python has no ctypes module (%s); use a GDB built with a complete "
            "Python, such as the distribution's" % error
        )
    from . import commands, library, sessions

    core = library.load(os.path.join(libraries, "memtrace", "libmemtrace_core.so"))
    _sessions = sessions.Sessions(core, libraries)
    commands.register(core, _sessions)
    offer_package(os.path.join(prefix, "share", "memtrace", "python"))


def offer_package(folder):
    """Scripts may `import memtrace`. In front: the file that GDB sources has that name, too."""
    if folder in sys.path:
        sys.path.remove(folder)
    sys.path.insert(0, folder)


def current_session():
    """The session of the selected inferior, for the package memtrace."""
    if _sessions is None:
        raise RuntimeError("memtrace's GDB commands are not loaded")
    return _sessions.current()


def unload():
    """Takes the event handlers back and closes the sessions."""
    global _sessions
    if _sessions is not None:
        _sessions.close()
        _sessions = None
