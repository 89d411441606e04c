# SPDX-License-Identifier: MIT
"""CPython's TestTracemallocEnabled, case by case, on a real program: what Python's
allocator does upstream, the program scripted.c does here."""

import os
import unittest

import debuggee
import memtrace
from debuggee import line_of, source

MEBIBYTE = 1024 * 1024


def names(traceback):
    return [(frame.filename, frame.lineno) for frame in traceback]


class TestTracemallocEnabled(unittest.TestCase):
    maxDiff = None

    def begin(self, phenomenon, nframe=1):
        """At the program's first stop, tracing."""
        self.program = debuggee.run(phenomenon)
        self.addCleanup(self.program.end)
        memtrace.start(nframe)
        return self.program

    def test_get_tracemalloc_memory(self):
        self.begin("objects").go()
        size = memtrace.get_tracemalloc_memory()
        self.assertGreaterEqual(size, 0)
        memtrace.clear_traces()
        after = memtrace.get_tracemalloc_memory()
        self.assertGreaterEqual(after, 0)
        self.assertLessEqual(after, size)

    def test_get_object_traceback(self):
        program = self.begin("objects", 2)
        program.go()
        traceback = memtrace.get_object_traceback(program.number("object"))
        self.assertEqual(traceback[-1], memtrace.Frame((source(), line_of("object"))))
        self.assertEqual(traceback[-1].function, "objects")
        self.assertIsNone(traceback.total_nframe)
        # A debugger's value, an address inside the block, the last one, the next one.
        start = program.number("object")
        self.assertEqual(memtrace.get_object_traceback(program.value("object")), traceback)
        self.assertEqual(memtrace.get_object_traceback(start + 122), traceback)
        self.assertIsNone(memtrace.get_object_traceback(start + 123))
        self.assertIsNone(memtrace.get_object_traceback(0))
        # An array is where it lies, which is in no block.
        self.assertIsNone(memtrace.get_object_traceback(program.value("many")))
        for bad, error in (("object", TypeError), (None, TypeError), (-1, ValueError)):
            with self.assertRaises(error):
                memtrace.get_object_traceback(bad)

    def test_new_reference(self):
        program = self.begin("again")
        program.go()
        first = memtrace.get_object_traceback(program.number("object"))
        program.go()
        # The C library gives the same address again.
        self.assertEqual(program.number("object"), program.number("other"))
        second = memtrace.get_object_traceback(program.number("other"))
        self.assertEqual(names(first), [(source(), line_of("first"))])
        self.assertEqual(names(second), [(source(), line_of("second"))])

    def test_set_traceback_limit(self):
        program = debuggee.run("deep")
        self.addCleanup(program.end)
        for bad in (-1, 0, 65536, 1 << 70, -(1 << 70)):
            with self.assertRaises(ValueError) as raised:
                memtrace.start(bad)
            self.assertEqual(
                str(raised.exception), "the number of frames must be in range [1; 65535]"
            )
        with self.assertRaises(TypeError):
            memtrace.start("10")
        self.assertFalse(memtrace.is_tracing())
        for limit in (10, 1):
            memtrace.start(limit)
            self.assertEqual(memtrace.get_traceback_limit(), limit)
            program.go()
            self.assertEqual(len(memtrace.get_object_traceback(program.number("object"))), limit)
            memtrace.stop()
            self.assertEqual(memtrace.get_traceback_limit(), limit)
        # While tracing a start changes nothing, but a bad number is still one.
        memtrace.start(3)
        memtrace.start(7)
        self.assertEqual(memtrace.get_traceback_limit(), 3)
        with self.assertRaises(ValueError):
            memtrace.start(0)
        program.go()
        self.assertEqual(len(memtrace.get_object_traceback(program.number("object"))), 3)

    def test_get_traces(self):
        self.begin("objects").go()
        raw = [trace for trace in memtrace.take_snapshot().traces._traces if trace[1] == 123]
        self.assertEqual(len(raw), 1)
        self.assertEqual(len(raw[0]), 4)
        self.assertEqual(raw[0][:3], (0, 123, ((source(), line_of("object")),)))
        self.assertGreater(raw[0][3], 1)
        memtrace.stop()
        self.assertEqual(memtrace.get_traced_memory(), (0, 0))

    def test_get_traces_intern_traceback(self):
        self.begin("objects", 4).go()
        raw = [trace for trace in memtrace.take_snapshot().traces._traces if trace[1] == 8]
        self.assertEqual(len(raw), 100)
        for trace in raw:
            self.assertIs(trace[2], raw[0][2])

    def test_get_traced_memory(self):
        program = self.begin("mebibyte")
        memtrace.clear_traces()
        self.assertEqual(memtrace.get_traced_memory(), (0, 0))
        program.go()
        self.assertEqual(memtrace.get_traced_memory(), (MEBIBYTE, MEBIBYTE))
        program.go()
        self.assertEqual(memtrace.get_traced_memory(), (0, MEBIBYTE))
        memtrace.clear_traces()
        self.assertEqual(memtrace.get_traced_memory(), (0, 0))
        program.go()
        self.assertEqual(memtrace.get_traced_memory(), (MEBIBYTE, MEBIBYTE))
        memtrace.stop()
        self.assertEqual(memtrace.get_traced_memory(), (0, 0))

    def test_clear_traces(self):
        program = self.begin("objects")
        program.go()
        self.assertIsNotNone(memtrace.get_object_traceback(program.number("object")))
        memtrace.clear_traces()
        self.assertTrue(memtrace.is_tracing())
        self.assertIsNone(memtrace.get_object_traceback(program.number("object")))
        self.assertEqual(len(memtrace.take_snapshot().traces), 0)
        memtrace.stop()
        memtrace.clear_traces()

    def test_reset_peak(self):
        program = self.begin("mebibyte")
        program.go()
        program.go()
        self.assertEqual(memtrace.get_traced_memory(), (0, MEBIBYTE))
        memtrace.reset_peak()
        self.assertEqual(memtrace.get_traced_memory(), (0, 0))
        program.go()
        program.go()
        self.assertEqual(memtrace.get_traced_memory(), (MEBIBYTE + 100, MEBIBYTE + 100))
        memtrace.stop()
        memtrace.reset_peak()

    def test_is_tracing(self):
        self.assertFalse(memtrace.is_tracing())
        self.begin("objects")
        self.assertTrue(memtrace.is_tracing())
        memtrace.stop()
        self.assertFalse(memtrace.is_tracing())
        memtrace.stop()
        memtrace.start()
        self.assertTrue(memtrace.is_tracing())
        self.assertEqual(memtrace.get_traceback_limit(), 32)

    def test_snapshot(self):
        self.begin("deep").go()
        snapshot = memtrace.take_snapshot()
        self.assertEqual(snapshot.traceback_limit, 1)
        self.assertEqual(len(snapshot.traces), 1)
        trace = snapshot.traces[0]
        self.assertEqual(len(trace.traceback), 1)
        self.assertGreater(trace.traceback.total_nframe, 12)
        path = os.path.join(os.environ["MEMTRACE_WORK"], "snapshot.pprof")
        snapshot.dump(path)
        again = memtrace.Snapshot.load(path)
        self.assertEqual(again.traceback_limit, 1)
        self.assertEqual(again.traces, snapshot.traces)
        self.assertEqual(again.compare_to(snapshot, "lineno")[0].size_diff, 0)
        # The file is opened by a name: an existing one is replaced.
        snapshot.dump(path)
        memtrace.stop()
        with self.assertRaises(RuntimeError) as raised:
            memtrace.take_snapshot()
        self.assertEqual(
            str(raised.exception),
            "the tracemalloc module must be tracing memory allocations to take a snapshot",
        )

    def test_snapshot_save_attr(self):
        self.begin("objects").go()
        snapshot = memtrace.take_snapshot()
        snapshot.test_attr = "new"
        path = os.path.join(os.environ["MEMTRACE_WORK"], "attribute.pprof")
        snapshot.dump(path)
        again = memtrace.Snapshot.load(path)
        self.assertEqual(again.test_attr, "new")
        self.assertEqual(again.traces, snapshot.traces)
        self.assertEqual(again.statistics("lineno"), snapshot.statistics("lineno"))

    def test_fork(self):
        program = self.begin("forks")
        program.go()
        program.follow_child()
        program.go()
        self.assertTrue(memtrace.is_tracing())
        snapshot = memtrace.take_snapshot()
        lines = {str(row.traceback): row.size for row in snapshot.statistics("lineno")}
        self.assertEqual(lines["%s:%d" % (source(), line_of("parent"))], 10)
        self.assertEqual(lines["%s:%d" % (source(), line_of("child"))], 20)

    def test_no_incomplete_frames(self):
        program = self.begin("deep", 32)
        program.go()
        frames = memtrace.get_object_traceback(program.number("object"))
        lines = [frame.lineno for frame in frames if frame.filename == source()]
        # main, deep, twelve calls of make_deep, make
        self.assertEqual(lines[1:], [line_of("outermost")] + [line_of("deeper")] * 12
                         + [line_of("make")])
