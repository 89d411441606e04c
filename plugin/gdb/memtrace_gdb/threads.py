# SPDX-License-Identifier: MIT
"""Threads and their registers. Calls nothing in the program; what the user has selected stays so."""

import gdb


class _KeptSelection:
    def __enter__(self):
        self._thread, self._frame = gdb.selected_thread(), None
        if self._thread is not None and not self._thread.is_running():
            try:
                self._frame = gdb.selected_frame()
            except gdb.error:
                pass  # its registers cannot be read

    def __exit__(self, *_):
        if self._thread is not None:
            self._thread.switch()
        if self._frame is not None and self._frame.is_valid():
            self._frame.select()


def _stopped(inferior):
    """Each stopped thread, while it is selected."""
    if gdb.selected_thread() is None:
        return
    for one in sorted(inferior.threads(), key=lambda each: each.num):
        if not one.is_running():
            one.switch()
            _read_quietly()
            yield one


def _read_quietly():
    """GDB's first read of a thread's registers prints a line about each part that a core lacks."""
    try:
        gdb.execute("output $sp", to_string=True)
    except gdb.error:
        pass


def register(frame, name):
    return int(frame.read_register(name)) % (1 << 64)  # it may be shown as a signed number


def stack_pointers(inferior):
    """(number, system id, stack pointer or 0) of each stopped thread."""
    found = []
    with _KeptSelection():
        for one in _stopped(inferior):
            try:
                pointer = register(gdb.newest_frame(), "sp")
            except gdb.error:
                pointer = 0
            found.append((one.num, one.ptid[1], pointer))
    return found
