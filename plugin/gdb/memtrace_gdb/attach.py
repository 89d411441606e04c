# SPDX-License-Identifier: MIT
"""What mt attach needs of GDB and nothing else does: stacks, a run to an address, a call in the program.

The core decides which thread, which function and what it means. Nothing here is unwound or left behind, and the
user's breakpoints are as they were.
"""

import os
import signal
import threading
import time

import gdb

from . import interface, target, threads

_LATE = 10.0  # seconds more, for a call that has taken too long


class _Settings:
    """GDB's settings for the moment."""

    def __init__(self, **wanted):
        self._wanted = {name.replace("_", "-").replace("--", " "): value for name, value in wanted.items()}
        self._before = {}

    def __enter__(self):
        for name, value in self._wanted.items():
            try:
                self._before[name] = gdb.parameter(name)
                gdb.execute("set %s %s" % (name, value), to_string=True)
            except (gdb.error, RuntimeError):
                self._before.pop(name, None)  # this GDB has no such setting
        return self

    def __exit__(self, *_):
        for name, value in self._before.items():
            if isinstance(value, bool):
                value = "on" if value else "off"
            gdb.execute("set %s %s" % (name, "unlimited" if value is None else value), to_string=True)


class _Quiet:
    """Without the user's breakpoints: a stop at one would end the call or the run."""

    def __enter__(self):
        self._disabled = [b for b in gdb.breakpoints() if b.is_valid() and b.enabled]
        for breakpoint in self._disabled:
            breakpoint.enabled = False

    def __exit__(self, *_):
        for breakpoint in self._disabled:
            if breakpoint.is_valid():
                breakpoint.enabled = True


class _Alarm:
    """Stops the program when the time is over: by a signal that no thread can block, and that is not delivered."""

    def __init__(self, inferior, seconds):
        self._inferior = inferior
        self._timer = threading.Timer(seconds, self._ring)
        self._timer.daemon = True
        self._is_remote = target.is_remote(inferior)
        self._rang = self._was_heard = self._done = False

    def __enter__(self):
        gdb.events.stop.connect(self._on_stop)
        self._timer.start()
        return self

    def __exit__(self, *_):
        self._done = True
        self._timer.cancel()
        self._timer.join()
        gdb.events.stop.disconnect(self._on_stop)
        if self._was_heard and self._inferior.pid:
            gdb.execute("queue-signal 0", to_string=True)

    @property
    def is_under_way(self):
        """It rang, and the program has not stopped for it yet: the next time that it runs it will."""
        return self._rang and not self._was_heard and not self._is_remote

    def _on_stop(self, event):
        name = getattr(event, "stop_signal", None)
        self._was_heard = self._was_heard or (self._rang and name in ("SIGSTOP", "SIGINT"))

    def _ring(self):
        if self._done:
            return
        self._rang = True
        if self._is_remote:
            gdb.post_event(lambda: self._done or gdb.execute("interrupt", to_string=True))
            return
        try:
            os.kill(self._inferior.pid, signal.SIGSTOP)
        except OSError:
            pass


def _run(alarm):
    """Until it stops; for the alarm, too, if that is on its way."""
    gdb.execute("continue", to_string=True)
    for _ in range(3):
        if not alarm.is_under_way:
            return
        gdb.execute("continue", to_string=True)


def _thread(inferior, number):
    for one in inferior.threads():
        if one.num == number:
            return one
    raise gdb.error("there is no thread %d" % number)


def stack(inferior, number, most):
    """(pc, sp, is a signal's) of its frames that are not inlined."""
    found = []
    with threads.KeptSelection(), _Settings(backtrace__past_main="on", backtrace__limit="unlimited"):
        _thread(inferior, number).switch()
        frame = gdb.newest_frame()
        while frame is not None and len(found) < most:
            if frame.type() != gdb.INLINE_FRAME:
                is_signal = frame.type() == gdb.SIGTRAMP_FRAME
                found.append((frame.pc(), threads.register(frame, "sp"), is_signal))
            try:
                frame = frame.older()
            except gdb.error:
                break
    return found


def run_to(inferior, addresses, seconds):
    """The number of the thread that came, or 0."""
    with _Quiet(), _Settings(scheduler_locking="off", stop_on_solib_events="0", pagination="off"):
        points = [gdb.Breakpoint("*%#x" % address, internal=True) for address in addresses]
        try:
            for point in points:
                point.silent = True
            with _Alarm(inferior, seconds) as alarm:
                _run(alarm)
            thread = gdb.selected_thread()
            if thread is None or not inferior.pid:
                raise gdb.error("the program has ended")
            return thread.num if gdb.newest_frame().pc() in addresses else 0
        finally:
            for point in points:
                point.delete()


def call(inferior, number, function, arguments, seconds):
    """(state, result) of a call in that thread."""
    if not gdb.parameter("may-call-functions"):
        raise gdb.error("GDB may not call functions (set may-call-functions on)")
    kind = "unsigned long (*)(%s)" % ", ".join(["unsigned long"] * len(arguments) or ["void"])
    text = "((%s) %#x)(%s)" % (kind, function, ", ".join("%#xUL" % one for one in arguments))
    settings = _Settings(
        scheduler_locking="off",
        unwindonsignal="off",
        unwind_on_terminating_exception="off",
        stop_on_solib_events="0",
        language="c",
        pagination="off",
    )
    with threads.KeptSelection(), _Quiet(), settings:
        _thread(inferior, number).switch()
        gdb.newest_frame().select()
        before = gdb.newest_frame().pc(), threads.register(gdb.newest_frame(), "sp")
        with _Alarm(inferior, seconds) as alarm:
            try:
                result = int(gdb.parse_and_eval(text)) % (1 << 64)
                if not alarm.is_under_way:
                    return interface.CALL_RETURNED, result
                _run(alarm)
                return interface.CALL_LATE, 0
            except gdb.error:
                if _stands(before):
                    raise
        return _finish(inferior, before), 0


def _stands(place):
    frame = gdb.newest_frame()
    return (frame.pc(), threads.register(frame, "sp")) == place


def _finish(inferior, before):
    """A call that was stopped goes on until it returns: its frame is GDB's own, and takes the registers back."""
    end = time.monotonic() + _LATE
    while not _stands(before):
        left = end - time.monotonic()
        if left <= 0 or not inferior.pid:
            return interface.CALL_STUCK
        with _Alarm(inferior, left) as alarm:
            _run(alarm)
    return interface.CALL_LATE
