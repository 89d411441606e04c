# SPDX-License-Identifier: MIT
"""Breakpoints that the core asks for by a number: at functions' entries, and at addresses.

The core says which, and what a hit means. GDB forbids to delete a breakpoint from its
own stop(): such a one is disabled at once and deleted when GDB is back at its events.
"""

import gdb

from . import interpreter, threads


_making = _made = None  # a point, and what makes it


class _Point(gdb.Breakpoint):
    def __init__(self, place, number, frames, session, points):
        super().__init__(place, internal=True)
        # An editor is told a reason, a thread and a frame only of a stop that GDB prints.
        self.silent = not interpreter.speaks_mi()
        self.number_of_core = number
        self.frames = frames  # that each hit is to have
        self.is_entry = not place.startswith("*")
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

    def set(self, session, number, function, address, frames):
        """In how many places it is."""
        global _making
        place = function or "*%#x" % address
        _making = lambda: _Point(place, number, frames, session, self)
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
        frames = _frames(point.frames)
        self._depth += 1
        try:
            stop = session.reached(point.number_of_core, current_thread(), frames)
        finally:
            self._depth -= 1
        if stop is None:
            return False
        self._stops.select_at_stop(*stop)
        return True


def _frames(own):
    """(pc, sp, name, is inlined) of the innermost frames, as far as the `own`-th that is not inlined."""
    found, frame = [], gdb.newest_frame()
    while frame is not None:
        is_inlined = frame.type() == gdb.INLINE_FRAME
        function = frame.function() if is_inlined else None
        name = None if function is None else function.name
        found.append((frame.pc(), threads.register(frame, "sp"), name, is_inlined))
        own -= not is_inlined
        frame = frame.older() if own > 0 else None
    return found


def current_thread():
    thread = gdb.selected_thread()
    return thread.ptid[1] if thread is not None else 0
