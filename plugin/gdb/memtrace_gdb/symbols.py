# SPDX-License-Identifier: MIT
"""Names of program counters: the inline chain, and bare ELF symbols."""

import os.path
import re

import gdb

from . import text

_SYMBOL = re.compile(r"(\S+)(?: \+ (\d+))? in ")
_OFFSET = re.compile(r"[+-]\d+(>| at | in )")


def frames(pc):
    """(function, linkage, file, line) at `pc`, innermost inline frame first."""
    return text.exact(lambda: _frames(pc))


def _frames(pc):
    place = gdb.find_pc_line(pc)
    symtab, line = place.symtab, place.line
    found = []
    for function in _inline_chain(gdb.block_for_pc(pc)):
        found.append((*_names(function), _file(symtab), line))
        # Of an inlined function GDB keeps the call site here.
        symtab, line = function.symtab, function.line
    if not found and symtab is not None:
        found.append((None, None, _file(symtab), line))
    return found


def _inline_chain(block):
    """The functions whose code `block` is: inlined ones, and the one they are in."""
    chain = []
    while block is not None and not block.is_static and not block.is_global:
        function = block.function
        if function is not None:
            if chain and _has_own_code(chain[-1]):
                break  # a lambda, a local class's, a nested function: `function` only encloses it
            chain.append(function)
        block = block.superblock
    return chain


def _has_own_code(function):
    """Whether `function` is no inlined instance, which GDB does not tell: an inlined one's
    entry lies in another function, and that is what GDB calls the address then."""
    entry = function.value().address.format_string(format="a", styling=False)
    shown = entry.partition(" <")[2]
    try:
        names = function.linkage_name, function.print_name
    except UnicodeDecodeError:
        return _OFFSET.search(shown) is None
    return any(shown.startswith((name + ">", name + " at ", name + " in ")) for name in names)


def _names(symbol):
    """(function, linkage): what GDB shows, and the mangled name if there is one."""
    try:
        name, linkage = symbol.name, symbol.linkage_name
    except UnicodeDecodeError:
        return None, None  # always UTF-8 here; the core asks the file
    return name, (linkage if linkage != name else None)


def _file(symtab):
    if symtab is None:
        return None
    # fullname() resolves symbolic links when the file exists; the name that
    # the compiler recorded does not depend on this machine.
    name = symtab.filename
    if os.path.isabs(name):
        return name
    full = symtab.fullname()
    # A relative folder of the compilation may stand in the name as well (./nptl).
    folder = full[: -len(name)]
    return name if folder and name.startswith(folder) else full


def symbol_at(pc):
    """(linkage name, start) of the ELF symbol that covers `pc`, or None."""
    demangles = gdb.parameter("print demangle")
    if demangles:
        gdb.execute("set print demangle off", to_string=True)
    try:
        # Decimal: a number in every language that the user may have set.
        shown = gdb.execute("info symbol %d" % pc, to_string=True)
    except UnicodeDecodeError:
        return None
    finally:
        if demangles:
            gdb.execute("set print demangle on", to_string=True)
    match = _SYMBOL.match(shown)
    return (match.group(1), pc - int(match.group(2) or 0)) if match else None
