# SPDX-License-Identifier: MIT
"""Threads and their registers. Calls nothing in the program; what the user has selected stays so."""

import gdb

_GENERAL = "rax rbx rcx rdx rsi rdi rbp rsp r8 r9 r10 r11 r12 r13 r14 r15 fs_base".split()
# GDB's name, its field of 64-bit lanes, how many lanes and registers; the widest holds the others.
_VECTORS = (("zmm", "v8_int64", 8, 32), ("ymm", "v4_int64", 4, 16), ("xmm", "v2_int64", 2, 16))
_LANES = ("xmm", "xmm", "ymm", "ymm", "zmm", "zmm", "zmm", "zmm")  # the core's names for them


class KeptSelection:
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


def _unsigned(value):
    return int(value) % (1 << 64)


def register(frame, name):
    return _unsigned(frame.read_register(name))


def stack_pointers(inferior):
    """(number, system id, stack pointer or 0) of each stopped thread."""
    found = []
    with KeptSelection():
        for one in _stopped(inferior):
            try:
                pointer = register(gdb.newest_frame(), "sp")
            except gdb.error:
                pointer = 0
            found.append((one.num, one.ptid[1], pointer))
    return found


def each_register(inferior, add):
    """Calls add(number, system id, name, value) for each register of a stopped thread that is not 0.
    False: those of this processor are not known here."""
    if "x86-64" not in inferior.architecture().name():
        return False
    with KeptSelection():
        for one in _stopped(inferior):
            try:
                frame = gdb.newest_frame()
            except gdb.error:
                continue  # they cannot be read
            for name, value in _general(frame) + _vectors(frame):
                add(one.num, one.ptid[1], name, value)
    return True


def _general(frame):
    found = []
    for name in _GENERAL:
        try:
            value = register(frame, name)
        except gdb.error:
            continue  # a core may lack it
        if value:
            found.append((name, value))
    return found


def _vectors(frame):
    for kind, field, lanes, count in _VECTORS:
        found = []
        try:
            for number in range(count):
                whole = frame.read_register("%s%d" % (kind, number))[field]
                for lane in range(lanes):
                    value = _unsigned(whole[lane])
                    if value:
                        found.append(("%s%d[%d]" % (_LANES[lane], number, lane), value))
            return found
        except (gdb.error, ValueError):
            pass  # the processor or the core has none of this width
    return []
