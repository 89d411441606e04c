# SPDX-License-Identifier: MIT
"""What GDB is connected to: nothing, a process, a core file, a recording."""

import re
import sys

import gdb

from . import interface, text

_CORE_FILE = re.compile(r"^Local core dump file:\n\s*[`']?(.*?)', file type ", re.MULTILINE)
_REMOTE = ("remote", "extended-remote")


def connection_type(inferior):
    connection = getattr(inferior, "connection", None)
    if connection is not None and connection.is_valid():
        return connection.type
    return None


def is_remote(inferior):
    return connection_type(inferior) in _REMOTE


def is_running(inferior):
    return any(thread.is_running() for thread in inferior.threads())


def end_of(event):
    """Has the inferior exited, or did GDB detach from it? One event tells of both."""
    inferior = event.inferior
    if is_remote(inferior):
        died = hasattr(event, "exit_code") or gdb.convenience_variable("_exitsignal") is not None
        return interface.EXITED if died else interface.DETACHED
    # Its exit code may be that of another inferior, which exited before.
    try:
        with open("/proc/%d/stat" % inferior.pid) as stat:
            return interface.EXITED if stat.read().rpartition(") ")[2][:1] in "ZX" else interface.DETACHED
    except OSError:
        return interface.EXITED


def kind(inferior, ended):
    if inferior.pid == 0:
        return ended
    if connection_type(inferior) == "core":
        return interface.CORE
    if _is_replay(inferior):
        return interface.REPLAY
    return interface.LIVE


def _is_replay(inferior):
    if gdb.current_recording() is not None:
        # "record" only refuses writes while it is replaying.
        return "Replay mode" in gdb.execute("info record", to_string=True)
    if not is_remote(inferior):
        return False
    main = sys.modules["__main__"]
    if hasattr(main, "RRCmd") or "undodb" in sys.modules:
        return True
    # A stub that can go backwards plays a recording: rr, UDB, QEMU with -replay.
    text = gdb.execute("show remote reverse-continue-packet", to_string=True)
    return "currently enabled" in text


def executable(inferior):
    return text.exact(lambda: getattr(inferior.progspace, "filename", None))


def setting(name):
    """A setting of the user's, as text."""
    return text.exact(lambda: gdb.parameter(name))


def core_file():
    try:
        match = _CORE_FILE.search(gdb.execute("info files", to_string=True))
    except UnicodeDecodeError:
        return None  # its name is not UTF-8: GDB reads it for us
    return match.group(1) if match else None
