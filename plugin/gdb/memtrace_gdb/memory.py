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


class _Cplusplus:
    """For the moment. Editors are told of each setting that changes, so it is not set in vain."""

    def __enter__(self):
        self._before = gdb.parameter("language")
        gdb.execute("set language c++", to_string=True)

    def __exit__(self, *_):
        gdb.execute("set language %s" % self._before, to_string=True)


def _in_c(ask):
    """What `ask` returns, or raises, in a language of C's kind: the user's if it is one."""
    try:
        return ask()
    except gdb.error:
        if _knows_c():
            raise
    with _Cplusplus():
        return ask()


def _knows_c():
    try:
        return int(gdb.parse_and_eval("(unsigned long)1")) == 1
    except gdb.error:
        return False


def find_symbol(name):
    """The address of a data symbol, or None.

    `::` keeps a local variable of that name out; an address is taken, so that
    nothing in the inferior is read, let alone called.
    """
    try:
        return _in_c(lambda: int(gdb.parse_and_eval("(unsigned long)&::%s" % name)))
    except gdb.error:
        return None


def pointer_width():
    return _in_c(lambda: gdb.lookup_type("char").pointer().sizeof)
