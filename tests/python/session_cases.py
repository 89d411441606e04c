# SPDX-License-Identifier: MIT
"""What a script meets beside tracemalloc's rules: several programs, programs that are
gone, Ctrl-C, breakpoints with Python, snapshots of `mt snapshot`, memory that is let go."""

import gc
import os
import sys
import unittest

import debuggee
import memtrace


def rows(snapshot, key="lineno"):
    return [str(row) for row in snapshot.statistics(key)]


class TestSessions(unittest.TestCase):
    def begin(self, phenomenon, nframe=8):
        program = debuggee.run(phenomenon)
        self.addCleanup(program.end)
        memtrace.start(nframe)
        return program

    def second(self, phenomenon, nframe=8):
        program = debuggee.run(phenomenon, beside=True)
        memtrace.start(nframe)
        return program

    def test_without_a_program(self):
        self.assertFalse(memtrace.is_tracing())
        for ask in (
            memtrace.get_traced_memory,
            memtrace.take_snapshot,
            memtrace.clear_traces,
            memtrace.get_traceback_limit,
            lambda: memtrace.get_object_traceback(8),
        ):
            with self.assertRaises(RuntimeError) as raised:
                ask()
            self.assertNotIn("\n", str(raised.exception))
        # What needs no program works: traces of one's own.
        own = memtrace.Snapshot([(0, 1, (("a.c", 1),), 1)], 1)
        self.assertEqual(rows(own), ["a.c:1: size=1 B, count=1, average=1 B"])

    def test_statistics_are_those_of_the_command(self):
        program = self.begin("objects")
        program.go()
        snapshot = memtrace.take_snapshot()
        for key in ("lineno", "filename", "function"):
            said = program.say("mt snapshot --by %s -n 0" % key).splitlines()
            shown = rows(snapshot, key)
            if key == "function":
                # The command shows no line where there is none.
                shown = [row.replace(":0: ", ": ", 1) for row in shown]
            self.assertEqual(shown, said[: len(shown)])
            self.assertTrue(said[len(shown)].startswith("Total: "), said)

    def test_estimates_say_that_they_are(self):
        program = debuggee.run("mebibyte")
        self.addCleanup(program.end)
        program.say("mt start --sample 1K")
        program.go()
        snapshot = memtrace.take_snapshot()
        # A mebibyte is in every sample of 1 KiB.
        self.assertEqual([row.samples for row in snapshot.statistics("lineno")], [1])
        self.assertEqual([row.samples for row in snapshot.compare_to(snapshot, "lineno")], [2])
        memtrace.stop()
        memtrace.start()
        program.go()
        program.go()
        rows = memtrace.take_snapshot().statistics("lineno")
        self.assertEqual([(row.samples, row.size) for row in rows], [(0, 1 << 20)])

    def test_snapshots_of_two_programs(self):
        first = self.begin("objects")
        first.go()
        one = memtrace.take_snapshot()
        second = self.second("again")
        second.go()
        two = memtrace.take_snapshot()
        self.assertNotEqual(rows(one), rows(two))
        # Each is asked in its own program, whichever is selected.
        first.select()
        self.assertEqual(memtrace.get_traced_memory()[0], 100 * 8 + 123)
        self.assertEqual([row.size for row in two.statistics("lineno")], [48])
        there = {str(row.traceback): row.size_diff for row in two.compare_to(one, "lineno")}
        back = {str(row.traceback): row.size_diff for row in one.compare_to(two, "lineno")}
        self.assertEqual(sorted(there.values()), [-800, -123, 48])
        self.assertEqual({name: -size for name, size in there.items()}, back)
        second.remove()

    def test_a_program_that_is_gone(self):
        first = self.begin("objects")
        second = self.second("again")
        second.go()
        snapshot = memtrace.take_snapshot()
        self.assertEqual(len(snapshot.traces), 1)
        second.remove()
        first.select()
        for ask in (lambda: rows(snapshot), lambda: snapshot.compare_to(snapshot, "lineno")):
            with self.assertRaises(RuntimeError) as raised:
                ask()
            self.assertIn("that this was about", str(raised.exception))
        # Nothing else is lost.
        first.go()
        self.assertEqual(len(memtrace.take_snapshot().traces), 101)

    def test_names_outlive_the_process(self):
        program = self.begin("objects")
        program.go()
        snapshot = memtrace.take_snapshot()
        # Asked for the first time when nobody can be asked any more.
        other = memtrace.take_snapshot()
        before = rows(snapshot)
        program.say("kill" if "gdb" in sys.modules else "process kill")
        self.assertEqual(rows(other), before)
        self.assertIn("scripted.c:", before[0])

    def test_get_snapshot(self):
        program = self.begin("objects")
        program.go()
        program.say("mt snapshot kept_by_mt")
        kept = memtrace.get_snapshot("kept_by_mt")
        taken = memtrace.take_snapshot()
        self.assertEqual(rows(kept), rows(taken))
        self.assertEqual({row.size_diff for row in taken.compare_to(kept, "lineno")}, {0})
        with self.assertRaises(RuntimeError) as raised:
            len(kept.traces)
        self.assertIn("--blocks", str(raised.exception))
        program.say("mt snapshot --blocks with_blocks")
        self.assertEqual(memtrace.get_snapshot("with_blocks").traces, taken.traces)
        for name in ("kept_by_mt", "with_blocks"):
            program.say("mt drop %s" % name)
        self.assertEqual(rows(kept), rows(taken))
        with self.assertRaises(ValueError):
            memtrace.get_snapshot("kept_by_mt")
        # A script's own are not in that list.
        self.assertIn("no snapshots", program.say("mt list"))

    def test_what_is_let_go_is_gone(self):
        program = self.begin("objects")
        program.go()
        snapshot = memtrace.take_snapshot()
        connection, handle = snapshot._source.connection, snapshot._source.handle
        filtered = snapshot.filter_traces([memtrace.Filter(True, "*")])
        del snapshot
        gc.collect()
        self.assertEqual(len(filtered.traces), 101)
        del filtered
        gc.collect()
        with self.assertRaises(RuntimeError) as raised:
            connection.query("traces", snapshot=handle, filters=[], **{"from": 0, "count": 1})
        self.assertEqual(str(raised.exception), "this snapshot is gone")

    def test_interrupt(self):
        program = self.begin("objects")
        program.go()
        snapshot = memtrace.take_snapshot()
        before = rows(snapshot)
        for ask in (memtrace.take_snapshot, lambda: snapshot.statistics("traceback")):
            self.assertIsInstance(program.interrupted(ask), KeyboardInterrupt)
        # As if nothing had been asked.
        self.assertEqual(rows(snapshot), before)
        self.assertEqual(rows(memtrace.take_snapshot()), before)
        self.assertTrue(memtrace.is_tracing())

    def test_breakpoint_with_python(self):
        program = self.begin("deep")
        seen = []

        def called():
            seen.append((memtrace.get_traced_memory()[0], len(memtrace.take_snapshot().traces)))

        program.call_at("make", called)
        for _ in range(3):
            program.go()
        self.assertEqual(seen, [(0, 0), (16, 1), (32, 2)])

    def test_many_traces_come_by_pages(self):
        program = self.begin("objects")
        program.go()
        traces = memtrace.take_snapshot().traces
        whole = list(traces)
        from memtrace import _traces

        page, _traces._PAGE = _traces._PAGE, 7
        try:
            paged = memtrace.take_snapshot().traces
            self.assertEqual(list(paged), whole)
            self.assertEqual(paged, traces)
            self.assertEqual(paged[-1], whole[-1])
            self.assertEqual(paged[5:30], tuple(whole[5:30]))
            self.assertEqual(paged[::-10], tuple(whole[::-10]))
            self.assertIn(whole[50], paged)
            # Equal tracebacks are one object on all pages.
            self.assertEqual(len({id(trace._trace[2]) for trace in paged}), 2)
        finally:
            _traces._PAGE = page
        for index in (101, -102):
            with self.assertRaises(IndexError):
                traces[index]

    def test_a_file_of_the_other_program(self):
        first = self.begin("objects")
        first.go()
        path = os.path.join(os.environ["MEMTRACE_WORK"], "other.pprof")
        snapshot = memtrace.take_snapshot()
        snapshot.dump(path)
        second = self.second("again")
        loaded = memtrace.Snapshot.load(path)
        self.assertEqual(rows(loaded), rows(snapshot))
        self.assertEqual({row.size_diff for row in loaded.compare_to(snapshot, "traceback")}, {0})
        second.remove()


class TestGdb(unittest.TestCase):
    """How the package is found, and what a query must not do in the middle of another."""

    def setUp(self):
        self.program = debuggee.run("objects")
        self.addCleanup(self.program.end)
        memtrace.start()
        self.program.go()

    def test_a_query_inside_a_query(self):
        from memtrace_gdb import symbols

        said = []

        def frames(pc):
            try:
                memtrace.is_tracing()
            except RuntimeError as error:
                said.append(str(error))
            return real(pc)

        real, symbols.frames = symbols.frames, frames
        try:
            snapshot = memtrace.take_snapshot()
            snapshot.statistics("traceback")
        finally:
            symbols.frames = real
        self.assertEqual(set(said), {"memtrace is busy with another command of this program"})
        self.assertEqual(len(snapshot.traces), 101)

    def test_the_sourced_file_gives_way(self):
        import memtrace_gdb

        folder = os.path.dirname(os.path.dirname(memtrace_gdb.__file__))
        mine, path = sys.modules.pop("memtrace"), list(sys.path)
        sys.path.insert(0, folder)
        try:
            again = __import__("memtrace")
            self.assertTrue(again.__file__.endswith("python/memtrace/__init__.py"))
            self.assertEqual(len(again.take_snapshot().traces), 101)
        finally:
            sys.path[:] = path
            sys.modules["memtrace"] = mine

    def test_sourced_again(self):
        import memtrace_gdb

        folder = os.path.dirname(os.path.dirname(memtrace_gdb.__file__))
        snapshot = memtrace.take_snapshot()
        self.program.say("source %s/memtrace.py" % folder)
        with self.assertRaises(RuntimeError):
            snapshot.statistics("lineno")
        # A script that was loaded before goes on with the new commands.
        self.assertEqual(len(memtrace.take_snapshot().traces), 101)
        import memtrace as anew

        self.assertEqual(len(anew.take_snapshot().traces), 101)
