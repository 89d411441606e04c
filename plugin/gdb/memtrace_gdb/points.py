# SPDX-License-Identifier: MIT
"""The breakpoints of mt scope: at functions' entries, and where calls return.

The core says which, and what a hit means. GDB forbids to delete a breakpoint from its
own stop(): such a one is disabled at once and deleted when GDB is back at its events.
"""

import gdb

from . import memory


_making = _made = None  # a point, and what makes it


class _Point(gdb.Breakpoint):
    def __init__(self, place, number, session, points):
        super().__init__(place, internal=True)
        self.silent = True
        self.number_of_core = number
        self.is_entry = not place.startswith("*")
        self.name = place
        self._session = session
        self._points = points

    def stop(self):
        try:
            return self._points.at_point(self, self._session)
        except KeyboardInterrupt:
            return True  # the user wants the program to stop: here it stands


class Points:
    """Of one inferior."""

    def __init__(self, inferior, stops):
        self._inferior = inferior
        self._stops = stops
        self._points = {}  # by the core's number
        self._depth = 0  # hits that are being answered

    def set(self, session, number, function, address):
        """In how many places it is."""
        global _making
        _making = lambda: _Point(function or "*%#x" % address, number, session, self)
        # GDB says on its own that there is no such function yet.
        gdb.execute("python import memtrace_gdb.points as p; p._made = p._making()", to_string=True)
        point = self._points[number] = _made
        # No location has an address while the function is not there.
        return 0 if point.pending else 1

    def take(self, number):
        point = self._points.pop(number, None)
        if point is None or not point.is_valid():
            return
        if not self._depth:
            point.delete()
            return
        point.enabled = False
        gdb.post_event(lambda: point.delete() if point.is_valid() else None)

    def forget_process(self):
        """What is at an address means nothing in the next process."""
        for number in [n for n, point in self._points.items() if not point.is_entry]:
            self.take(number)

    def close(self):
        for number in list(self._points):
            self.take(number)

    def at_point(self, point, session):
        """Whether GDB is to stop."""
        if gdb.selected_inferior().num != self._inferior.num:
            return False
        hit = _describe_entry(point) if point.is_entry else _describe_return()
        if hit is None:
            return False
        self._depth += 1
        try:
            stop = session.reached(point.number_of_core, *hit)
        finally:
            self._depth -= 1
        if stop is None:
            return False
        self._stops.select_at_stop(*stop)
        return True


def _thread():
    return gdb.selected_thread().ptid[1]


def _unsigned(value):
    return int(value) % (1 << 64)  # a register may be shown as a signed number


def _describe_return():
    frame = gdb.newest_frame()
    sp = _unsigned(frame.read_register("sp"))
    return _thread(), frame.pc(), sp, 0, 0, False


def _describe_entry(point):
    frame = gdb.newest_frame()
    pc, sp = frame.pc(), _unsigned(frame.read_register("sp"))
    while frame.type() == gdb.INLINE_FRAME:
        if _is_called(frame, point.name):
            return _thread(), pc, sp, 0, 0, True
        frame = frame.older()
    caller = frame.older()
    while caller is not None and caller.type() == gdb.INLINE_FRAME:
        caller = caller.older()
    if caller is None:
        return None  # it never returns
    # The caller's stack pointer is the frame's canonical address.
    return _thread(), pc, sp, _unsigned(caller.read_register("sp")), caller.pc(), False


def _is_called(frame, name):
    """Is this what was inlined there, or only something inside it?"""
    function = frame.function()
    return function is not None and _base(function.name) == _base(name)


def _base(name):
    return (name or "").split("(")[0].split("<")[0].split("::")[-1]


def current_thread():
    thread = gdb.selected_thread()
    return thread.ptid[1] if thread is not None else 0


def stack_pointer(inferior, number):
    """Of one of the inferior's threads, or None. The selection stays."""
    for thread in inferior.threads():
        if thread.ptid[1] != number:
            continue
        selected = gdb.selected_thread()
        if thread == selected:
            return _unsigned(gdb.newest_frame().read_register("sp"))
        frame = gdb.selected_frame()
        try:
            thread.switch()
            return _unsigned(gdb.newest_frame().read_register("sp"))
        finally:
            selected.switch()
            frame.select()
    return None
