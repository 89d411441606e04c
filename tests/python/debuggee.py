# SPDX-License-Identifier: MIT
"""A program that a test runs from stop to stop, in the debugger that we are in.

The only file here that knows both debuggers' manners.
"""

import os
import re
import sys
import threading

PROGRAMS = os.environ["MEMTRACE_PROGRAMS"]
SOURCES = os.environ["MEMTRACE_SOURCES"]


def line_of(mark, source="scripted.c"):
    """The line of a program's source that carries the comment "mark"."""
    with open(os.path.join(SOURCES, source)) as lines:
        for number, text in enumerate(lines, 1):
            if '"%s"' % mark in text and "/*" in text:
                return number
    raise LookupError(mark)


def source(name="scripted.c"):
    return os.path.join(SOURCES, name)


class _Gdb:
    def __init__(self, program, arguments, function, beside):
        import gdb

        self._gdb = gdb
        if beside:
            self._say("add-inferior -no-connection")
            self._say("inferior %d" % max(inferior.num for inferior in gdb.inferiors()))
        self._inferior = gdb.selected_inferior().num
        self._say("file %s" % os.path.join(PROGRAMS, program))
        self._say("mt preload")
        self._say("tbreak main")
        self._say("run %s > /dev/null" % arguments)
        self._say("break %s" % function)
        self._function = function
        self.go()

    def _say(self, command):
        return self._gdb.execute(command, to_string=True)

    def go(self):
        self._say("continue")
        name = self._gdb.selected_frame().name()
        if name != self._function:
            raise AssertionError("did not stop in %s but in %s" % (self._function, name))

    def say(self, command):
        """The output of a command that both debuggers have."""
        return self._say(command)

    def select(self):
        self._say("inferior %d" % self._inferior)

    def call_at(self, function, called):
        """Calls Python when the program comes there, and goes on."""

        class Stop(self._gdb.Breakpoint):
            def stop(self):
                called()
                return False

        Stop(function)

    def interrupted(self, ask):
        """What `ask` raises when the user has pressed Ctrl-C. GDB has no switch for
        that: a question of the core's is answered by it."""
        from memtrace_gdb import memory

        def strike(*_):
            raise KeyboardInterrupt

        real, memory.find_symbol = memory.find_symbol, strike
        try:
            ask()
        except BaseException as error:
            return error
        finally:
            memory.find_symbol = real

    def follow_child(self):
        self._say("set follow-fork-mode child")

    def value(self, name):
        return self._gdb.parse_and_eval(name)

    def number(self, name):
        return int(self._gdb.parse_and_eval("(unsigned long)%s" % name))

    def remove(self):
        """Kills the program; the debugger forgets it."""
        self._say("kill inferiors %d" % self._inferior)
        self._say("inferior 1")
        self._say("remove-inferiors %d" % self._inferior)

    def end(self):
        self._say("set follow-fork-mode parent")
        self._say("delete")
        for inferior in self._gdb.inferiors():
            if inferior.pid:
                self._say("kill inferiors %d" % inferior.num)
        self._say("inferior 1")


_called = []


def stopped():
    """What LLDB's breakpoint calls."""
    for called in _called:
        called()
    return False


class _Lldb:
    def __init__(self, program, arguments, function, beside):
        import lldb

        self._lldb = lldb
        self._debugger = lldb.debugger
        self._debugger.SetAsync(False)
        self._target = self._debugger.CreateTarget(os.path.join(PROGRAMS, program))
        self._debugger.SetSelectedTarget(self._target)
        self._say("mt preload")
        self._function = function
        self._target.BreakpointCreateByName(function)
        self._say("process launch -o /dev/null -- %s" % arguments)
        self._check()

    def _say(self, command):
        result = self._lldb.SBCommandReturnObject()
        self._debugger.GetCommandInterpreter().HandleCommand(command, result)
        if not result.Succeeded():
            raise AssertionError("%s: %s" % (command, result.GetError()))
        return result.GetOutput()

    def _check(self):
        process = self._target.GetProcess()
        frame = process.GetSelectedThread().GetFrameAtIndex(0)
        stopped = process.GetState() == self._lldb.eStateStopped
        if not stopped or frame.GetFunctionName() != self._function:
            raise AssertionError("did not stop in %s but %s" % (self._function, frame))

    def go(self):
        self._say("process continue")
        self._check()

    def say(self, command):
        return self._say(command)

    def select(self):
        self._debugger.SetSelectedTarget(self._target)

    def call_at(self, function, called):
        _called[:] = [called]
        breakpoint = self._target.BreakpointCreateByName(function)
        breakpoint.SetScriptCallbackBody("import debuggee; return debuggee.stopped()")

    def interrupted(self, ask):
        # LLDB's request counts on all threads but the one that reads commands.
        raised = []

        def work():
            try:
                ask()
            except BaseException as error:
                raised.append(error)

        self._debugger.RequestInterrupt()
        try:
            thread = threading.Thread(target=work)
            thread.start()
            thread.join()
        finally:
            self._debugger.CancelInterruptRequest()
        return raised[0] if raised else None

    def follow_child(self):
        self._say("settings set target.process.follow-fork-mode child")

    def value(self, name):
        return self._target.FindFirstGlobalVariable(name)

    def number(self, name):
        name, _, index = re.match(r"(\w+)(\[(\d+)\])?$", name).groups()
        value = self._target.FindFirstGlobalVariable(name)
        if index is not None:
            value = value.GetChildAtIndex(int(index))
        return value.GetValueAsUnsigned()

    def remove(self):
        self._target.GetProcess().Kill()
        self._debugger.DeleteTarget(self._target)

    def end(self):
        self._say("settings clear target.process.follow-fork-mode")
        self._target.GetProcess().Kill()
        self._debugger.DeleteTarget(self._target)


def run(arguments, program="scripted", function="scripted_stop", beside=False):
    """Starts a program with the runtime preloaded; it stands at its first stop.

    `beside`: others that run already stay.
    """
    kind = _Gdb if "gdb" in sys.modules else _Lldb
    return kind(program, arguments, function, beside)
