#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The runner itself: a program that went wrong under memtrace must not look right.

    harness.py WATCHED RUNTIME
"""
import pathlib
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
WATCHED, RUNTIME = (pathlib.Path(path).resolve() for path in sys.argv[1:3])
# True in the second traced run alone, whose processes have a tracer.
IS_WATCHED = "! grep -q '^TracerPid:.0$' /proc/self/status"


class Harness(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def run_program(self, body, head="# needs: bash", *more):
        (self.folder / "fake.sh").write_text(
            f"#!/usr/bin/env bash\n# fake: it\n# part: small\n{head}\n{body}\necho finished\n")
        done = subprocess.run(
            [sys.executable, "-B", HERE / "run.py", "--watched", WATCHED, "--runtime", RUNTIME,
             "--results", self.folder, *more, self.folder / "fake"],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        return done.returncode, done.stdout

    def expect(self, status, text, *arguments):
        found, output = self.run_program(*arguments)
        self.assertEqual(found, status, output)
        self.assertIn(text, output)

    def test_equal(self):
        self.expect(0, '"losses": []', "seq 1 100 | sort -rn >file; echo error >&2")

    def test_what_differs_when_traced(self):
        for number, stream in enumerate(("stdout", "stderr"), 1):
            self.expect(1, f"{stream} differs between an untraced run and a traced one",
                        f"echo a${{LD_PRELOAD:+b}} >&{number}")
        self.expect(1, "file f/g differs", "mkdir f; echo ${LD_PRELOAD:-no} >f/g")
        self.expect(1, "it is there in one only", "[[ -v LD_PRELOAD ]] && touch file")
        self.expect(1, "a run with MEMTRACE=\n", "[[ ${MEMTRACE-32} == '' ]] && echo off")

    def test_what_differs_untraced_needs_a_rule(self):
        self.expect(1, "needs a rule", "echo $$")
        self.expect(0, '"losses": []', "echo pid $$", r"# rule: \d+ => N (a process id)")
        self.expect(1, "needs a rule", "echo $$ >file")
        self.expect(0, '"file"', "echo $$ >file", "# not compared: file (a process id)")
        self.expect(1, "gives no reason", "echo $$ >file", "# not compared: file")

    def test_a_fault_that_the_status_hides(self):
        self.expect(1, " died of signal 11",
                    f"if {IS_WATCHED}; then sleep 9 & kill -SEGV $!; wait $! || true; fi 2>/dev/null")

    def test_who_is_not_traced(self):
        self.expect(1, "cat was not traced", "env -u LD_PRELOAD cat </dev/null")
        self.expect(0, '"losses": []', "env -u LD_PRELOAD cat </dev/null", "# untraced: cat (told to)")
        self.expect(1, "cat was traced each time", "cat </dev/null", "# untraced: cat (wrong)")

    def test_half_way_and_missing(self):
        self.expect(1, "it stopped half way", "exit 0")
        self.expect(77, "not here: no-such-program", "exit 0", "# needs: no-such-program")

    def test_the_document_says_the_same(self):
        page = self.folder / "page.md"
        for losses, status in (("none", 0), ("no_memory", 1)):
            page.write_text("<!-- programs -->\n| program |\n|---|\n"
                            f"| fake: it | equal | equal | none | {losses} | 1 |\n"
                            "<!-- programs end -->\n")
            found, output = self.run_program("true", "# needs: bash", "--document", page)
            self.assertEqual(found, status, output)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
