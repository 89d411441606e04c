# SPDX-License-Identifier: MIT
"""One session of the core per inferior, and what GDB's events mean for it.

The callbacks answer the core's questions about the inferior they belong to;
GDB's own functions work on the selected one, which is the same while a command
or an event of that inferior runs.
"""

import ctypes
import sys

import gdb

from . import (
    attach,
    expressions,
    interface,
    launch,
    library,
    memory,
    points,
    progress,
    screen,
    stops,
    symbols,
    target,
    threads,
)


class Sessions:
    def __init__(self, core, libraries):
        self._core = core
        self._libraries = libraries
        self._by_number = {}
        self._ended = {}  # number of an inferior: what became of its last process
        self._launch = launch.Launch(core)
        self._stops = stops.Stops(self._selected)
        self._events = [
            (gdb.events.exited, self._on_exited),
            (gdb.events.inferior_deleted, self._on_deleted),
            (gdb.events.new_objfile, self._on_new_objfile),
        ]
        for event, handler in self._events:
            event.connect(handler)

    def current(self):
        """The session of the selected inferior; made when it is first asked for."""
        inferior = gdb.selected_inferior()
        session = self._by_number.get(inferior.num)
        if session is None:
            session = Session(
                self._core, self._libraries, inferior, self._launch, self._stops, self._ended
            )
            self._by_number[inferior.num] = session
        return session

    def _selected(self):
        return self._by_number.get(gdb.selected_inferior().num)

    def close(self):
        for event, handler in self._events:
            event.disconnect(handler)
        self._stops.close()
        for session in self._by_number.values():
            session.close()
        self._by_number.clear()

    def _on_exited(self, event):
        self._ended[event.inferior.num] = target.end_of(event)
        session = self._by_number.get(event.inferior.num)
        if session is not None:
            session.awaiting = session.mapped = False
            session.points.forget_process()

    def _on_deleted(self, event):
        self._ended.pop(event.inferior.num, None)
        self._stops.forget(event.inferior)
        session = self._by_number.pop(event.inferior.num, None)
        if session is not None:
            session.close()

    def _on_new_objfile(self, event):
        for session in list(self._by_number.values()):
            session.on_new_objfile(event.new_objfile)


class Session:
    def __init__(self, core, libraries, inferior, shared_launch, shared_stops, ended):
        self._core = core
        self._inferior = inferior
        self._launch = shared_launch
        self._stops = shared_stops
        self._ended = ended
        self.points = points.Points(inferior, shared_stops)
        self.connection = None  # of the package memtrace, once a script asked for it
        self._typed = False  # the command that runs, by the user
        self._depth = 0  # calls of the core that are under way
        self._caught = None  # what a callback must not let through the core
        self._kept = []  # strings whose addresses the core was given
        self.awaiting = False
        self.mapped = False  # the runtime, as far as anybody had to know
        self._debugger = self._describe()  # the core calls into it: kept alive here
        self._handle = core.mtc_open(ctypes.byref(self._debugger), library.to_bytes(libraries))
        if not self._handle:
            raise gdb.GdbError("memtrace: no session could be opened: out of memory")

    def close(self):
        self.points.close()
        self._core.mtc_close(self._handle)
        self._handle = None

    # --- what the commands ask for -------------------------------------------

    def run(self, line, typed=False):
        """Runs one command; False when its first word is none of ours."""
        self._typed = typed
        status = self._call(self._core.mtc_run, library.to_bytes(line))
        if status == interface.ERROR:
            raise gdb.GdbError(self.error())
        return status != interface.NOT_OURS

    def complete(self, line):
        words = []
        add = interface.ADD_TEXT(lambda _, text: words.append(library.to_text(text)))
        self._call(self._core.mtc_complete, library.to_bytes(line), add, None)
        return words

    def traced_memory(self):
        """(current, peak) in bytes, or None when nothing is traced."""
        return self._figures(self._core.mtc_traced_memory)

    def block(self, pointer):
        """(start, size) of the live block that holds what it means, or None when nothing is traced."""
        return self._figures(self._core.mtc_block, pointer)

    def _figures(self, function, *about):
        first, second = ctypes.c_uint64(), ctypes.c_uint64()
        status = self._call(function, *about, ctypes.byref(first), ctypes.byref(second))
        if status == interface.BAD_VALUE:
            raise gdb.GdbError(self.error())
        return (first.value, second.value) if status == interface.OK else None

    def query(self, request):
        """(status, answer or error line) of a script's request."""
        if self._handle is None:
            return interface.ERROR, "GDB has removed the inferior that this was about"
        answers = []
        add = interface.ADD_TEXT(lambda _, text: answers.append(text))
        status = self._call(self._core.mtc_query, library.to_bytes(request), add, None)
        return status, library.to_text(answers[0]) if answers else self.error()

    def on_new_objfile(self, objfile):
        """Is the runtime mapped here now? None of its code has run yet."""
        if objfile.progspace != self._inferior.progspace:
            return
        if not self._inferior.pid and objfile.filename == target.executable(self._inferior):
            self._call(self._core.mtc_program)
        if not self.awaiting and not self._stops.wants(self._inferior):
            return
        before, self.mapped = self.mapped, memory.find_symbol("memtrace_root") is not None
        if before or not self.mapped:
            return
        self.awaiting = False
        self._stops.update()
        if self._call(self._core.mtc_loaded) == interface.ERROR:
            gdb.write("memtrace: %s\n" % self.error(), gdb.STDERR)

    def stopped(self, arguments):
        """(text, pc, level) of a stop that the user is to see, else None."""
        return self._stop(self._core.mtc_stopped, (ctypes.c_uint64 * len(arguments))(*arguments))

    def reached(self, point, thread, frames):
        """The same of a thread at a point; frames: (pc, sp, name, is inlined)."""
        listed = [(pc, sp, library.to_bytes(name), inlined) for pc, sp, name, inlined in frames]
        activations = (interface.Activation * len(listed))(*listed)
        hit = interface.Hit(point, thread, activations, len(listed))
        return self._stop(self._core.mtc_reached, ctypes.byref(hit))

    def _stop(self, function, about):
        texts, answer = [], interface.Stop()
        add = interface.ADD_TEXT(lambda _, text: texts.append(library.to_text(text)))
        status = self._call(function, about, add, None, ctypes.byref(answer))
        if status == interface.ERROR:
            gdb.write("memtrace: %s\n" % self.error(), gdb.STDERR)
        return (texts[0], answer.pc, answer.level) if answer.stays else None

    def error(self):
        """The core's line on what went wrong last."""
        return library.to_text(self._core.mtc_error(self._handle))

    def _call(self, function, *arguments):
        """Calls the core; raises afterwards what a callback has caught meanwhile.

        An event that GDB sends from within a callback may call again.
        """
        outer, self._caught = self._caught, None
        self._depth += 1
        hook = sys.unraisablehook
        # Ctrl-C may strike before a callback's own `try`; ctypes reports it here.
        sys.unraisablehook = lambda event: self._catch(event.exc_value)
        try:
            status = function(self._handle, *arguments)
        finally:
            sys.unraisablehook = hook
            self._depth -= 1
            if not self._depth:
                self._kept.clear()
            caught, self._caught = self._caught, outer
        if caught is not None:
            raise caught
        if status == interface.INTERRUPTED:
            raise KeyboardInterrupt
        return status

    def _catch(self, exception):
        if self._caught is None or isinstance(exception, KeyboardInterrupt):
            self._caught = exception

    # --- what the core asks for ----------------------------------------------

    def _describe(self):
        """Each callback of the interface is the method of its name with a `_` in front; the core does
        without one that is not here."""
        answers = {}
        for name, kind in interface.Debugger._fields_:
            method = getattr(self, "_" + name, None)
            if method is not None:
                answers[name] = kind(self._guarded(method))
        size = ctypes.sizeof(interface.Debugger)
        return interface.Debugger(abi=interface.ABI, size=size, **answers)

    def _guarded(self, function):
        """`function` as C may call it: no exception gets out, none is lost."""

        def call(_, *arguments):
            try:
                return function(*arguments)
            except KeyboardInterrupt as interrupt:
                self._catch(interrupt)
                return interface.INTERRUPTED
            except gdb.error:
                return interface.ERROR
            except BaseException as error:
                self._catch(error)
                return interface.ERROR

        return call

    def _keep(self, text):
        raw = library.to_bytes(text)
        self._kept.append(raw)
        return raw

    def _read(self, address, buffer, size, got):
        got[0] = memory.read(self._inferior, address, buffer, size)
        return interface.OK

    def _write(self, address, data, size):
        self._inferior.write_memory(address, ctypes.string_at(data, size))
        return interface.OK

    def _find_symbol(self, name, address):
        found = memory.find_symbol(library.to_text(name))
        if found is None:
            return interface.ERROR
        address[0] = found
        return interface.OK

    def _symbolise(self, pc, add, sink):
        for function, linkage, file, line in symbols.frames(pc):
            names = (library.to_bytes(name) for name in (function, linkage, file))
            frame = interface.Frame(*names, None, line)
            add(sink, ctypes.byref(frame))
        return interface.OK

    def _symbol_at(self, pc, add, sink):
        found = symbols.symbol_at(pc)
        if found is not None:
            # GDB checks the symbol's size, and does not tell it.
            add(sink, ctypes.byref(interface.Symbol(library.to_bytes(found[0]), found[1], 0)))
        return interface.OK

    def _target(self, out):
        inferior = self._inferior
        kind = target.kind(inferior, self._ended.get(inferior.num, interface.NONE))
        alive = kind not in (interface.NONE, interface.EXITED, interface.DETACHED)
        answer = out[0]
        answer.kind = kind
        answer.is_remote = target.is_remote(inferior)
        answer.is_running = target.is_running(inferior)
        answer.pointer_width = memory.pointer_width() if alive else 0
        answer.pid = inferior.pid
        answer.executable = self._keep(target.executable(inferior))
        answer.core = self._keep(target.core_file() if kind == interface.CORE else None)
        answer.sysroot = self._keep(target.setting("sysroot"))
        answer.file_folders = self._keep(target.setting("solib-search-path"))
        answer.debug_folders = self._keep(target.setting("debug-file-directory"))
        return interface.OK

    def _print(self, text, _):
        if isinstance(self._caught, KeyboardInterrupt):
            return None  # the pager was left: the rest is not wanted
        shown = library.to_text(text)
        try:
            gdb.write(shown)
        except UnicodeError:
            # GDB's character set cannot print it; GDB escapes such bytes too.
            gdb.write(shown.encode("ascii", "backslashreplace").decode("ascii"))
        return None

    def _progress(self, line):
        progress.show(library.to_text(line))
        return None

    def _screen(self, out):
        out[0].is_terminal, out[0].columns, out[0].has_style = screen.describe(self._typed)
        return interface.OK

    def _interrupted(self):
        return int(isinstance(self._caught, KeyboardInterrupt))

    def _prepare_run(self, wanted, start, why, sink):
        if target.is_remote(self._inferior):
            why(
                sink,
                b"the program is started on the remote side; preload it there, for example with "
                b"gdbserver --wrapper env LD_PRELOAD=PATH/libmemtrace.so -- HOST:PORT PROGRAM",
            )
            return interface.ERROR
        self._launch.prepare(
            None if wanted is None else wanted.decode("utf-8", "surrogateescape"),
            None if start is None else start.decode("utf-8", "surrogateescape"),
        )
        return interface.OK

    def _await_runtime(self):
        if not gdb.parameter("auto-solib-add"):
            return interface.ERROR  # no event will tell
        self.awaiting = True
        return interface.OK

    def _set_stop_point(self, function, wanted):
        self._stops.set(self._inferior, library.to_text(function), bool(wanted))
        self.mapped = memory.find_symbol("memtrace_root") is not None
        return interface.OK

    def _evaluate(self, expression, value, why, sink):
        try:
            found = expressions.evaluated(library.to_text(expression))
            self._kept.append(found)  # with the type's name
            value[0] = found
        except gdb.error as error:
            why(sink, library.to_bytes(str(error).split("\n")[0]))
            return interface.ERROR
        return interface.OK

    def _threads(self, add, sink):
        for found in threads.stack_pointers(self._inferior):
            add(sink, ctypes.byref(interface.Thread(*found)))
        return interface.OK

    def _set_point(self, number, function, address, frames, places):
        if not frames:
            self.points.take(number)
            return interface.OK
        name = None if function is None else library.to_text(function)
        places[0] = self.points.set(self, number, name, address, frames)
        return interface.OK

    def _current_thread(self, thread):
        thread[0] = points.current_thread()
        return interface.OK

    def _registers(self, add, sink):
        def pass_on(number, tid, name, value):
            found = interface.Register(number, tid, library.to_bytes(name), value)
            add(sink, ctypes.byref(found))

        known = threads.each_register(self._inferior, pass_on)
        return interface.OK if known else interface.ERROR

    def _stack(self, number, most, add, sink):
        for pc, sp, is_signal in attach.stack(self._inferior, number, most):
            add(sink, ctypes.byref(interface.Caller(pc, sp, is_signal)))
        return interface.OK

    def _run_to(self, addresses, count, milliseconds, thread):
        thread[0] = attach.run_to(self._inferior, addresses[:count], milliseconds / 1000)
        return interface.OK

    def _call_function(self, number, function, arguments, count, milliseconds, out, why, sink):
        try:
            seconds = milliseconds / 1000
            called = attach.call(self._inferior, number, function, arguments[:count], seconds)
            out[0].state, out[0].result = called
        except gdb.error as error:
            why(sink, library.to_bytes(str(error).split("\n")[0]))
            return interface.ERROR
        return interface.OK
