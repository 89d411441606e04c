# SPDX-License-Identifier: MIT
"""Memory and data symbols of the selected inferior. Calls nothing in it."""

import ctypes

import gdb


def read(inferior, address, buffer, size):
    """How many bytes were copied: GDB reads all of a range or nothing."""
    try:
        view = inferior.read_memory(address, size)
    except (gdb.MemoryError, OverflowError):
        return 0
    ctypes.memmove(buffer, (ctypes.c_char * size).from_buffer(view), size)
    return size


class Language:
    """The user's language may know neither `&` nor `char`; C++ does."""

    def __enter__(self):
        self._before = gdb.parameter("language")
        gdb.execute("set language c++", to_string=True)

    def __exit__(self, *_):
        gdb.execute("set language %s" % self._before, to_string=True)


def find_symbol(name):
    """The address of a data symbol, or None.

    `::` keeps a local variable of that name out; an address is taken, so that
    nothing in the inferior is read, let alone called.
    """
    with Language():
        try:
            return int(gdb.parse_and_eval("(unsigned long)&::%s" % name))
        except gdb.error:
            return None


def pointer_width():
    with Language():
        return gdb.lookup_type("char").pointer().sizeof
