# SPDX-License-Identifier: MIT
"""What CPython's TestCAPI pins of track and untrack, seen through the module: the
program calls memtrace_track() and memtrace_untrack()."""

import unittest

import debuggee
import memtrace
from debuggee import line_of, source

DOMAIN = 5


class TestCAPI(unittest.TestCase):
    def setUp(self):
        self.program = debuggee.run("domains")
        self.addCleanup(self.program.end)
        memtrace.start(2)

    def tracked(self):
        """The traces of the domain: (size, line of the most recent frame)."""
        snapshot = memtrace.take_snapshot().filter_traces([memtrace.DomainFilter(True, DOMAIN)])
        self.assertEqual({trace.domain for trace in snapshot.traces} - {DOMAIN}, set())
        return [(trace.size, trace.traceback[-1].lineno) for trace in snapshot.traces]

    def test_track(self):
        self.assertEqual(self.tracked(), [])
        self.program.go()
        self.assertEqual(self.tracked(), [(123, line_of("tracked"))])
        self.assertEqual(memtrace.get_traced_memory()[0], 123 + 30)
        # The key is an address of domain 5 only: no object lies there.
        self.assertIsNone(memtrace.get_object_traceback(77))
        rows = memtrace.take_snapshot().statistics("domain")
        self.assertEqual([(str(row.traceback), row.size) for row in rows][0][1], 123)

    def test_filter_with_domain(self):
        self.program.go()
        snapshot = memtrace.take_snapshot()
        for domain, size in ((DOMAIN, 123), (0, 30)):
            one = snapshot.filter_traces([memtrace.Filter(True, source(), domain=domain)])
            self.assertEqual([trace.size for trace in one.traces], [size])
            other = snapshot.filter_traces([memtrace.Filter(False, source(), domain=domain)])
            self.assertEqual([trace.size for trace in other.traces], [153 - size])

    def test_track_already_tracked(self):
        self.program.go()
        self.program.go()
        self.assertEqual(self.tracked(), [(200, line_of("tracked again"))])

    def test_untrack(self):
        for _ in range(3):
            self.program.go()
        self.assertEqual(self.tracked(), [])
        self.assertEqual(memtrace.get_traced_memory()[0], 30)

    def test_stop_track(self):
        memtrace.stop()
        self.program.go()
        self.assertEqual(memtrace.get_traced_memory(), (0, 0))
        self.assertIsNone(memtrace.get_object_traceback(self.program.number("object")))
