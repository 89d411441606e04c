# SPDX-License-Identifier: MIT
"""Expressions of the user's and registers of threads. Calls nothing in the program."""

import gdb

_REFERENCES = (gdb.TYPE_CODE_REF, gdb.TYPE_CODE_RVALUE_REF)
_NUMBERS = (
    gdb.TYPE_CODE_PTR,
    gdb.TYPE_CODE_INT,
    gdb.TYPE_CODE_CHAR,
    gdb.TYPE_CODE_ENUM,
    gdb.TYPE_CODE_BOOL,
)
_PLACES = (gdb.TYPE_CODE_ARRAY, gdb.TYPE_CODE_FUNC)


class _NoCalls:
    """Whoever types `p->next()` does not expect the program to run."""

    _SETTING = "may-call-functions"

    def __enter__(self):
        self._before = gdb.parameter(self._SETTING)
        if self._before:
            gdb.execute("set %s off" % self._SETTING, to_string=True)

    def __exit__(self, *_):
        if self._before:
            gdb.execute("set %s on" % self._SETTING, to_string=True)


def address(expression):
    """Its value, or where an array or function lies; gdb.error says why there is none."""
    with _NoCalls():
        return address_of(gdb.parse_and_eval(expression))


def address_of(value):
    while value.type.strip_typedefs().code in _REFERENCES:
        value = value.referenced_value()
    code = value.type.strip_typedefs().code
    if code in _PLACES and value.address is not None:
        value = value.address
    elif code not in _NUMBERS:
        raise gdb.error("its type is %s, neither a pointer nor a number" % value.type)
    return int(value) % (1 << 64)


def stack_pointers(inferior):
    """(number, system id, stack pointer) of each stopped thread; keeps the selection."""
    thread, frame = gdb.selected_thread(), None
    if thread is None:
        return []
    if not thread.is_running():
        frame = gdb.selected_frame()
    found = []
    try:
        for one in sorted(inferior.threads(), key=lambda each: each.num):
            if not one.is_running():
                one.switch()
                pointer = int(gdb.newest_frame().read_register("sp")) % (1 << 64)
                found.append((one.num, one.ptid[1], pointer))
    finally:
        thread.switch()
        if frame is not None and frame.is_valid():
            frame.select()
    return found
