# SPDX-License-Identifier: MIT
"""The breakpoint at the runtime's stop function, for all inferiors together.

The core says what a hit means. A real stop is printed at once; its frame is
selected when GDB has stopped, for a breakpoint's stop() must not.
"""

import gdb

from . import interpreter, memory, threads

# Registers of the first five integer arguments, by the start of GDB's name.
_ARGUMENTS = {
    "i386": ("rdi", "rsi", "rdx", "rcx", "r8"),
    "aarch64": ("x0", "x1", "x2", "x3", "x4"),
}


class _Point(gdb.Breakpoint):
    def __init__(self, function, stops):
        super().__init__(function, internal=True)
        # GDB would show the runtime's function; but an editor is told a reason, a thread and a
        # frame only of a stop that GDB prints (sessions: Mi.StopsHaveAReasonAThreadAndAFrame).
        self.silent = not interpreter.speaks_mi()
        self._stops = stops

    def stop(self):
        try:
            return self._stops.at_point()
        except KeyboardInterrupt:
            return True  # the user wants the program to stop: here it stands


class Stops:
    def __init__(self, session_of_selected):
        self._session = session_of_selected
        self._wanted = set()  # inferiors, by number
        self._function = None
        self._point = None
        self._selection = None  # (thread, pc, level) of a stop that GDB has not made yet
        gdb.events.stop.connect(self._on_stop)

    def close(self):
        gdb.events.stop.disconnect(self._on_stop)
        self._wanted.clear()
        self.update()

    def set(self, inferior, function, wanted):
        if wanted:
            self._wanted.add(inferior.num)
        else:
            self._wanted.discard(inferior.num)
        self._function = function
        self.update()

    def wants(self, inferior):
        return inferior.num in self._wanted

    def forget(self, inferior):
        """The inferior is gone. The point stays: this may be an event of a stop."""
        self._wanted.discard(inferior.num)

    def update(self):
        """To be called again when the runtime has been mapped: GDB would complain of a
        breakpoint at what is not there. Once made it follows from run to run."""
        if not self._wanted:
            if self._point is not None:
                self._point.delete()
            self._point = None
        elif self._point is None and memory.find_symbol(self._function) is not None:
            self._point = _Point(self._function, self)

    def at_point(self):
        """Whether GDB is to stop."""
        session = self._session()
        if session is None or not self.wants(gdb.selected_inferior()):
            return False
        frame = gdb.newest_frame()
        names = _ARGUMENTS[frame.architecture().name().split(":")[0]]
        arguments = [threads.register(frame, name) for name in names]
        stop = session.stopped(arguments)
        if stop is None:
            return False
        self.select_at_stop(*stop)
        return True

    def select_at_stop(self, text, pc, level):
        """What the user is to see when GDB has stopped."""
        gdb.write(text)
        self._selection = (gdb.selected_thread(), pc, level)

    def _on_stop(self, _):
        selection, self._selection = self._selection, None
        if selection is None or selection[0] != gdb.selected_thread():
            return
        frame = gdb.newest_frame()
        while frame is not None and frame.pc() != selection[1]:
            frame = frame.older()
        for _ in range(selection[2]):
            frame = frame.older() if frame is not None else None
        if frame is not None:
            # Not frame.select(): an editor is told of what a command selects.
            gdb.execute("frame level %d" % frame.level())
