# SPDX-License-Identifier: MIT
"""GDB's side: the sessions are those of its commands (memtrace_gdb)."""

import sys

import gdb

from ._connection import Connection


def current():
    # Looked up each time: sourcing memtrace.py again loads it anew.
    commands = sys.modules.get("memtrace_gdb")
    if commands is None:
        raise RuntimeError(
            "memtrace's GDB commands are not loaded; source PREFIX/share/memtrace/gdb/memtrace.py"
        )
    session = commands.current_session()
    if session.connection is None:
        session.connection = Connection(session.query)
    return session.connection


def use(debugger):
    pass


VALUE, CALLED = gdb.Value, "a gdb.Value"


def number_or_place(value):
    """What a pointer or integer is; of others where they lie, or None."""
    kind = value.type.strip_typedefs()
    if kind.code in (gdb.TYPE_CODE_REF, gdb.TYPE_CODE_RVALUE_REF):
        value = value.referenced_value()
        kind = value.type.strip_typedefs()
    if kind.code in (gdb.TYPE_CODE_PTR, gdb.TYPE_CODE_INT):
        return int(value) & (1 << 64) - 1
    return None if value.address is None else int(value.address)
