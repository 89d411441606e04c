# SPDX-License-Identifier: MIT
"""CPython's TestSnapshot, case by case, through the module and the core. Figures are
those that semantics of tracemalloc pin; the code is ours."""

import os
import unittest

import memtrace
from fixture import A2, A5, B1, C578, LIMIT, NEW, OLD, UNKNOWN, changes, rows, snapshots, traceback


class TestSnapshot(unittest.TestCase):
    maxDiff = None

    def test_create_snapshot(self):
        raw = [(0, 5, (("a.py", 2),), 10)]
        snapshot = memtrace.Snapshot(raw, 5)
        self.assertEqual(snapshot.traceback_limit, 5)
        self.assertEqual(len(snapshot.traces), 1)
        trace = snapshot.traces[0]
        self.assertEqual((trace.domain, trace.size), (0, 5))
        self.assertEqual(trace.traceback.total_nframe, 10)
        self.assertEqual(len(trace.traceback), 1)
        self.assertEqual(trace.traceback[0].filename, "a.py")
        self.assertEqual(trace.traceback[0].lineno, 2)

    def test_filter_traces(self):
        old, _ = snapshots()
        without_b = old.filter_traces([memtrace.Filter(False, "b.py")])
        self.assertEqual(list(without_b.traces._traces), OLD[:4] + OLD[5:])
        self.assertEqual(without_b.traceback_limit, LIMIT)
        # The original stays as it was.
        self.assertEqual(list(old.traces._traces), OLD)
        # Inclusive filters are joined by "or".
        both = old.filter_traces(
            [memtrace.Filter(True, "a.py", 2), memtrace.Filter(True, "a.py", 5)]
        )
        self.assertEqual(list(both.traces._traces), OLD[:4])
        copy = old.filter_traces([])
        self.assertIsNot(copy, old)
        self.assertEqual(copy.traces, old.traces)
        with self.assertRaises(TypeError) as raised:
            old.filter_traces(memtrace.Filter(True, "a.py"))
        self.assertEqual(str(raised.exception), "filters must be a list of filters, not Filter")
        with self.assertRaises(TypeError):
            old.filter_traces(["a.py"])

    def test_filter_traces_domain(self):
        old, _ = snapshots()
        without = old.filter_traces([memtrace.Filter(False, "a.py", domain=1)])
        self.assertEqual(list(without.traces._traces), OLD[:3] + OLD[4:])
        only = old.filter_traces([memtrace.Filter(True, "a.py", domain=1)])
        self.assertEqual(list(only.traces._traces), [OLD[3]])

    def test_filter_traces_domain_filter(self):
        old, _ = snapshots()
        without = old.filter_traces([memtrace.DomainFilter(False, domain=3)])
        self.assertEqual(list(without.traces._traces), OLD[:5])
        only = old.filter_traces([memtrace.DomainFilter(True, domain=3)])
        self.assertEqual(list(only.traces._traces), [OLD[5]])

    def test_filter_traces_twice(self):
        """One list is a union; a filtered snapshot filtered again is an intersection."""
        old, _ = snapshots()
        one, a = memtrace.DomainFilter(True, 1), memtrace.Filter(True, "a.py")
        self.assertEqual(len(old.filter_traces([one, a]).traces), 4)
        twice = old.filter_traces([one]).filter_traces([a])
        self.assertEqual(list(twice.traces._traces), [OLD[3]])
        self.assertEqual(rows(twice.statistics("lineno")), [("a.py:5", 2, 1)])
        self.assertEqual(twice.traces[-1], old.traces[3])

    def test_snapshot_group_by_line(self):
        old, new = snapshots()
        self.assertEqual(
            rows(old.statistics("lineno")),
            [("b.py:1", 66, 1), ("a.py:2", 30, 3), ("<unknown>:0", 7, 1), ("a.py:5", 2, 1)],
        )
        self.assertEqual(
            rows(new.statistics("lineno")),
            [("a.py:5", 5002, 2), ("c.py:578", 400, 1), ("a.py:2", 30, 3)],
        )
        self.assertEqual(
            changes(new.compare_to(old, "lineno")),
            [
                ("a.py:5", 5002, 5000, 2, 1),
                ("c.py:578", 400, 400, 1, 1),
                ("b.py:1", 0, -66, 0, -1),
                ("<unknown>:0", 0, -7, 0, -1),
                ("a.py:2", 30, 0, 3, 0),
            ],
        )
        self.assertIsNone(old.statistics("lineno")[0].traceback.total_nframe)

    def test_snapshot_group_by_file(self):
        old, new = snapshots()
        self.assertEqual(
            rows(old.statistics("filename")),
            [("b.py:0", 66, 1), ("a.py:0", 32, 4), ("<unknown>:0", 7, 1)],
        )
        self.assertEqual(
            rows(new.statistics("filename")), [("a.py:0", 5032, 5), ("c.py:0", 400, 1)]
        )
        self.assertEqual(
            changes(new.compare_to(old, "filename")),
            [
                ("a.py:0", 5032, 5000, 5, 1),
                ("c.py:0", 400, 400, 1, 1),
                ("b.py:0", 0, -66, 0, -1),
                ("<unknown>:0", 0, -7, 0, -1),
            ],
        )

    def test_snapshot_group_by_traceback(self):
        old, new = snapshots()
        a2, a5 = traceback(*A2), traceback(*A5)
        b1, c578, unknown = traceback(*B1), traceback(*C578), traceback(*UNKNOWN)
        self.assertEqual(
            [(row.traceback, row.size, row.count) for row in old.statistics("traceback")],
            [(b1, 66, 1), (a2, 30, 3), (unknown, 7, 1), (a5, 2, 1)],
        )
        self.assertEqual(
            [(row.traceback, row.size, row.count) for row in new.statistics("traceback")],
            [(a5, 5002, 2), (c578, 400, 1), (a2, 30, 3)],
        )
        self.assertEqual(
            new.compare_to(old, "traceback"),
            [
                memtrace.StatisticDiff(a5, 5002, 5000, 2, 1),
                memtrace.StatisticDiff(c578, 400, 400, 1, 1),
                memtrace.StatisticDiff(b1, 0, -66, 0, -1),
                memtrace.StatisticDiff(unknown, 0, -7, 0, -1),
                memtrace.StatisticDiff(a2, 30, 0, 3, 0),
            ],
        )
        with self.assertRaises(ValueError) as raised:
            old.statistics("traceback", cumulative=True)
        self.assertEqual(
            str(raised.exception), "cumulative mode cannot by used with key type 'traceback'"
        )

    def test_snapshot_group_by_cumulative(self):
        old, _ = snapshots()
        self.assertEqual(
            rows(old.statistics("filename", True)),
            [("b.py:0", 98, 5), ("a.py:0", 32, 4), ("<unknown>:0", 7, 1)],
        )
        self.assertEqual(
            rows(old.statistics("lineno", True)),
            [
                ("b.py:1", 66, 1),
                ("b.py:4", 32, 4),
                ("a.py:2", 30, 3),
                ("<unknown>:0", 7, 1),
                ("a.py:5", 2, 1),
            ],
        )

    def test_recursion_is_charged_repeatedly(self):
        frames = (("a.py", 2), ("a.py", 2), ("b.py", 4))
        snapshot = memtrace.Snapshot([(0, 10, frames, 3)], 3)
        self.assertEqual(
            rows(snapshot.statistics("lineno", True)), [("a.py:2", 20, 2), ("b.py:4", 10, 1)]
        )

    def test_order_of_ties(self):
        traces = [(0, 8, (("a.py", line),), 1) for line in (2, 10, 9)]
        traces.append((0, 8, (("b.py", 1),), 1))
        self.assertEqual(
            [name for name, _, _ in rows(memtrace.Snapshot(traces, 1).statistics("lineno"))],
            ["b.py:1", "a.py:10", "a.py:9", "a.py:2"],
        )

    def test_total_nframe_is_no_key(self):
        traces = [(0, 1, A2, 2), (0, 2, A2, 9)]
        self.assertEqual(
            rows(memtrace.Snapshot(traces, 2).statistics("traceback")), [("a.py:2", 3, 2)]
        )

    def test_unknown_key_type(self):
        old, new = snapshots()
        for ask in (old.statistics, lambda key: new.compare_to(old, key)):
            with self.assertRaises(ValueError) as raised:
                ask("foo")
            self.assertEqual(str(raised.exception), "unknown key_type: 'foo'")
        with self.assertRaises(ValueError) as raised:
            old.statistics(None)
        self.assertEqual(str(raised.exception), "unknown key_type: None")

    def test_trace_format(self):
        old, _ = snapshots()
        trace = old.traces[0]
        self.assertEqual(str(trace), "b.py:4: 10 B")
        self.assertEqual(
            repr(trace),
            "<Trace domain=0 size=10, traceback=<Traceback (<Frame filename='b.py' lineno=4>, "
            "<Frame filename='a.py' lineno=2>) total_nframe=3>>",
        )
        self.assertEqual(str(trace.traceback), "b.py:4")
        self.assertEqual(str(trace.traceback[0]), "b.py:4")

    def test_statistic_format(self):
        old, _ = snapshots()
        row = old.statistics("lineno")[0]
        self.assertEqual(str(row), "b.py:1: size=66 B, count=1, average=66 B")
        self.assertEqual(
            repr(row),
            "<Statistic traceback=<Traceback (<Frame filename='b.py' lineno=1>,)> size=66 count=1>",
        )

    def test_statistic_diff_format(self):
        old, new = snapshots()
        rows = new.compare_to(old, "lineno")
        self.assertEqual(
            str(rows[0]), "a.py:5: size=5002 B (+5000 B), count=2 (+1), average=2501 B"
        )
        self.assertEqual(str(rows[2]), "b.py:1: size=0 B (-66 B), count=0 (-1)")
        self.assertEqual(str(rows[4]), "a.py:2: size=30 B (+0 B), count=3 (+0), average=10 B")
        self.assertEqual(
            repr(rows[2]),
            "<StatisticDiff traceback=<Traceback (<Frame filename='b.py' lineno=1>,)> "
            "size=0 (-66) count=0 (-1)>",
        )

    def test_slices(self):
        old, _ = snapshots()
        self.assertEqual(old.traces[:2], (old.traces[0], old.traces[1]))
        frames = old.traces[0].traceback
        self.assertEqual(frames[:2], (frames[0], frames[1]))
        self.assertEqual(repr(old.traces), "<Traces len=6>")

    def test_older_raw_traces(self):
        """Snapshots from before tracemalloc knew total_nframe."""
        snapshot = memtrace.Snapshot([(0, 10, A2)], 2)
        self.assertIsNone(snapshot.traces[0].traceback.total_nframe)
        self.assertEqual(rows(snapshot.statistics("lineno")), [("a.py:2", 10, 1)])

    def test_dump_of_own_traces(self):
        old, _ = snapshots()
        old.note = {"is": [1, 2.5, None, "text"]}
        kept = old.filter_traces([memtrace.Filter(True, "a.py")])
        path = os.path.join(os.environ["MEMTRACE_WORK"], "own.pprof")
        for snapshot in (old, kept):
            snapshot.dump(path)
            again = memtrace.Snapshot.load(path)
            self.assertEqual(again.traceback_limit, LIMIT)
            for key in ("lineno", "filename", "traceback"):
                self.assertEqual(again.statistics(key), snapshot.statistics(key))
            self.assertEqual(sorted(again.traces._traces), sorted(snapshot.traces._traces))
        self.assertFalse(hasattr(again, "note"))
        old.dump(path)
        self.assertEqual(memtrace.Snapshot.load(path).note, old.note)
        old.note = {1, 2}
        with self.assertRaises(TypeError):
            old.dump(path)
        with self.assertRaises(OSError):
            memtrace.Snapshot.load(path + ".gone")

    def test_raw_traces_that_are_none(self):
        for bad in ([(0, 1, ())], [(0, -1, A2)], [(-1, 1, A2)], [(0, 1, (("a.py", -1),))]):
            with self.assertRaises(ValueError):
                memtrace.Snapshot(bad, 1).statistics("lineno")
