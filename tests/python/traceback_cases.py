# SPDX-License-Identifier: MIT
"""Frame and Traceback: order, equality, text. Sizes as text."""

import os
import unittest

import memtrace
from memtrace._statistics import format_size


class TestTraceback(unittest.TestCase):
    def test_frame(self):
        frame = memtrace.Frame(("a.py", 2))
        self.assertEqual((frame.filename, frame.lineno), ("a.py", 2))
        self.assertEqual(str(frame), "a.py:2")
        self.assertEqual(repr(frame), "<Frame filename='a.py' lineno=2>")
        self.assertEqual((frame.function, frame.module, frame.offset), (None, None, None))
        same = memtrace.Frame(("a.py", 2))
        self.assertEqual(frame, same)
        self.assertEqual(hash(frame), hash(same))
        self.assertNotEqual(frame, ("a.py", 2))
        # The name as text, the line as a number.
        names = [("a.py", 9), ("a.py", 10), ("b.py", 1)]
        frames = [memtrace.Frame(name) for name in names]
        self.assertEqual(sorted(reversed(frames)), frames)
        with self.assertRaises(TypeError):
            frame < ("a.py", 2)
        with self.assertRaises(AttributeError):
            frame.lineno = 3

    def test_order_and_equality(self):
        a, b, c = ("a.py", 1), ("b.py", 2), ("c.py", 3)
        self.assertEqual(memtrace.Traceback((a, b)), memtrace.Traceback((a, b), 9))
        self.assertEqual(hash(memtrace.Traceback((a, b))), hash(memtrace.Traceback((a, b), 9)))
        # Oldest frame first; a prefix sorts first.
        ordered = [memtrace.Traceback(frames) for frames in ((a,), (c, a), (a, b), (b, b))]
        self.assertEqual(sorted(reversed(ordered)), ordered)
        self.assertLess(memtrace.Traceback((b,)), memtrace.Traceback((a, b)))
        self.assertNotEqual(memtrace.Traceback((a,)), [memtrace.Frame(a)])

    def test_sequence(self):
        both = memtrace.Traceback((("a.py", 1), ("b.py", 2)), 7)
        self.assertEqual(len(both), 2)
        self.assertEqual([str(frame) for frame in both], ["b.py:2", "a.py:1"])
        self.assertEqual(str(both), "b.py:2")
        self.assertEqual(str(both[-1]), "a.py:1")
        self.assertIn(memtrace.Frame(("a.py", 1)), both)
        self.assertNotIn(memtrace.Frame(("a.py", 2)), both)
        self.assertEqual(both[:1], (both[0],))
        self.assertIsInstance(both[:1], tuple)
        self.assertEqual(both.total_nframe, 7)
        self.assertEqual(
            repr(both),
            "<Traceback (<Frame filename='b.py' lineno=2>, "
            "<Frame filename='a.py' lineno=1>) total_nframe=7>",
        )
        self.assertEqual(repr(memtrace.Traceback(())), "<Traceback ()>")
        with self.assertRaises(IndexError):
            str(memtrace.Traceback(()))

    def test_format_traceback(self):
        # Named as an upstream case of TestSnapshot.
        path = os.path.join(os.environ["MEMTRACE_WORK"], "source.c")
        with open(path, "w") as file:
            file.write("\n".join("  <line %d>\t" % number for number in range(1, 4)) + "\n\n")
        trace = memtrace.Traceback([(path, 3), (path, 2), (path, 1)])

        def lines(*numbers):
            return [
                text
                for number in numbers
                for text in ('  File "%s", line %d' % (path, number), "    <line %d>" % number)
            ]

        self.assertEqual(trace.format(), lines(1, 2, 3))
        self.assertEqual(trace.format(limit=1), lines(3))
        self.assertEqual(trace.format(limit=2), lines(2, 3))
        self.assertEqual(trace.format(limit=-1), lines(1))
        self.assertEqual(trace.format(limit=-2), lines(1, 2))
        self.assertEqual(trace.format(limit=0), [])
        self.assertEqual(trace.format(limit=9), lines(1, 2, 3))
        self.assertEqual(trace.format(limit=-9), lines(1, 2, 3))
        self.assertEqual(trace.format(most_recent_first=True), lines(3, 2, 1))
        self.assertEqual(trace.format(limit=1, most_recent_first=True), lines(3))
        self.assertEqual(trace.format(limit=-2, most_recent_first=True), lines(2, 1))
        # A line without text, one that is not there, a file that is not there.
        for place in ((path, 4), (path, 99), (path, 0), ("<unknown>", 0), (path + ".no", 1)):
            self.assertEqual(
                memtrace.Traceback([place]).format(), ['  File "%s", line %d' % place]
            )

    def test_format_size(self):
        for size, text in (
            (0, "0 B"), (99, "99 B"), (100, "100 B"), (1024, "1024 B"), (10239, "10239 B"),
            (10239.6, "10240 B"), (10240, "10.0 KiB"), (102399, "100.0 KiB"),
            (102400, "100 KiB"), (10485759, "10240 KiB"), (10485760, "10.0 MiB"),
            (104857600, "100 MiB"), (10 << 30, "10.0 GiB"), (10 << 40, "10.0 TiB"),
            (100 << 40, "100 TiB"), (10 << 50, "10240 TiB"),
            (0.5, "0 B"), (1.5, "2 B"), (2.5, "2 B"), (66.5, "66 B"),
        ):
            self.assertEqual(format_size(size, False), text)
            self.assertEqual(format_size(size, True), "+" + text)
            if size >= 1:
                self.assertEqual(format_size(-size, True), "-" + text)
