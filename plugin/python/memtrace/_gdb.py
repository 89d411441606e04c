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


def address_of(value):
    if not isinstance(value, gdb.Value):
        raise TypeError("expected an address or a gdb.Value, not %s" % type(value).__name__)
    kind = value.type.strip_typedefs()
    if kind.code in (gdb.TYPE_CODE_REF, gdb.TYPE_CODE_RVALUE_REF):
        value = value.referenced_value()
        kind = value.type.strip_typedefs()
    if kind.code in (gdb.TYPE_CODE_PTR, gdb.TYPE_CODE_INT):
        return int(value) & (1 << 64) - 1
    if value.address is None:
        raise TypeError("this value lies at no address")
    return int(value.address)
