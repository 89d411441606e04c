# SPDX-License-Identifier: MIT
"""Memory and data symbols of the selected inferior. Calls nothing in it."""

import ctypes

import gdb

# GDB's reads are fastest at this size, and Ctrl-C is seen between two of them.
_CHUNK = 1 << 20
_PAGE = 4096


def read(inferior, address, buffer, size):
    """Copies what is readable from the start of the range; how many bytes."""
    done = 0
    while done < size:
        at = address + done
        # Ends on a boundary of chunks, so that a failing one is halved by pages.
        piece = min(size - done, _CHUNK - at % _CHUNK)
        got = _read_prefix(inferior, at, buffer + done, piece)
        done += got
        if got < piece:
            break
    return done


def _read_prefix(inferior, address, buffer, size):
    """GDB reads all or nothing: halve until the end of what can be read."""
    if _read_all(inferior, address, buffer, size):
        return size
    good, bad = 0, size
    while bad - good > 1:
        middle = (good + bad) // 2
        if middle - good > _PAGE:
            middle -= (address + middle) % _PAGE
        if _read_all(inferior, address + good, buffer + good, middle - good):
            good = middle
        else:
            bad = middle
    return good


def _read_all(inferior, address, buffer, size):
    try:
        view = inferior.read_memory(address, size)
    except (gdb.MemoryError, OverflowError):
        return False
    source = (ctypes.c_char * size).from_buffer(view)
    ctypes.memmove(buffer, source, size)
    return True


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
