# SPDX-License-Identifier: MIT
"""Names of program counters: the inline chain, and bare ELF symbols."""

import os
import re

import gdb

_SYMBOL = re.compile(r"(\S+)(?: \+ (\d+))? in ")
_MADE_UP = re.compile(r"([A-Za-z_$][\w$]*)\(")


def frames(pc):
    """(function, linkage, file, line) at `pc`, innermost inline frame first."""
    place = gdb.find_pc_line(pc)
    symtab, line = place.symtab, place.line
    block = gdb.block_for_pc(pc)
    found = []
    while block is not None and not block.is_static and not block.is_global:
        function = block.function
        if function is not None:
            found.append((*_names(function), _file(symtab), line))
            # Of an inlined function GDB keeps the call site here.
            symtab, line = function.symtab, function.line
        block = block.superblock
    if not found and symtab is not None:
        found.append((None, None, _file(symtab), line))
    return found


def _names(symbol):
    """(function, linkage): what GDB shows, and the mangled name if there is one."""
    try:
        name, linkage = symbol.name, symbol.linkage_name
    except UnicodeDecodeError:
        return None, None
    if linkage != name:
        return name, linkage
    # To a C++ function without a linkage name (main, extern "C") GDB adds a
    # parameter list of its own making.
    match = _MADE_UP.match(name)
    return (match.group(1) if match else name), None


def _file(symtab):
    if symtab is None:
        return None
    try:
        # fullname() resolves symbolic links when the file exists; the name that
        # the compiler recorded does not depend on this machine.
        name = symtab.filename
        return name if os.path.isabs(name) else symtab.fullname()
    except UnicodeDecodeError:
        return None


def symbol_at(pc):
    """(linkage name, start) of the ELF symbol that covers `pc`, or None."""
    demangles = gdb.parameter("print demangle")
    if demangles:
        gdb.execute("set print demangle off", to_string=True)
    try:
        # Decimal: a number in every language that the user may have set.
        text = gdb.execute("info symbol %d" % pc, to_string=True)
    finally:
        if demangles:
            gdb.execute("set print demangle on", to_string=True)
    match = _SYMBOL.match(text)
    return (match.group(1), pc - int(match.group(2) or 0)) if match else None
