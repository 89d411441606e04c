# SPDX-License-Identifier: MIT
"""Expressions of the user's. Calls nothing in the program."""

import re

import gdb

from . import interface, library

_REFERENCES = (gdb.TYPE_CODE_REF, gdb.TYPE_CODE_RVALUE_REF)
_NUMBERS = (
    gdb.TYPE_CODE_PTR,
    gdb.TYPE_CODE_INT,
    gdb.TYPE_CODE_CHAR,
    gdb.TYPE_CODE_ENUM,
    gdb.TYPE_CODE_BOOL,
)
# A variable, a register, a number: nothing that could be called. For these the setting stays as
# it is, for editors are told of each change.
_NAME = re.compile(r"[\w$:]+")
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


def evaluated(expression):
    """What described() says of its value; gdb.error says why it has none."""
    if _NAME.fullmatch(expression):
        return described(gdb.parse_and_eval(expression))
    with _NoCalls():
        return described(gdb.parse_and_eval(expression))


def described(value):
    """The core's words for it: kind, number, address, type."""
    while value.type.strip_typedefs().code in _REFERENCES:
        value = value.referenced_value()
    code, name = value.type.strip_typedefs().code, library.to_bytes(str(value.type))
    if code in _NUMBERS:
        return interface.Value(kind=interface.VALUE_NUMBER, number=int(value), type=name)
    if code in _PLACES:
        address = 0 if value.address is None else int(value.address)
        return interface.Value(kind=interface.VALUE_PLACE, address=address, type=name)
    return interface.Value(kind=interface.VALUE_OTHER, type=name)
