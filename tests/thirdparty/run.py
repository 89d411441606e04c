#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs a program of other people untraced twice and traced in several ways, and compares.

    run.py --watched FILE --runtime FILE --results FOLDER [--pairs N] [--document FILE] NAME

Each run has the same folder, empty at first; it is moved away afterwards. What the two
untraced runs do differently must be named by a rule of the program (program.py), so that
nothing is left out silently; then whatever differs when traced is a failure. The second
traced run is watched at the exit of each of its processes: none may die of a fault, each
table must be whole, no loss may be there that is not expected. The result goes to FOLDER/NAME.json; with --document the row of the program there
must say the same. Exit status 77: it is not of the part that runs each time, or not
everything is installed.
"""
import argparse
import difflib
import fnmatch
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile

from program import SEARCHED, Program
import document

SKIPPED = 77
DEADLINE = 500
LONG = "MEMTRACE_TEST_LONG"
# Beside all that is traced: loaded and off; with what adds most to an event.
MODES = ("", "32,sample=4K,freed=1000")
# ILL, TRAP, ABRT, BUS, FPE, SEGV, SYS; by the others a process is told to end.
FAULTS = {4, 5, 6, 7, 8, 11, 31}


class Run:
    """One run: how it ended, what it wrote."""

    def __init__(self, report, folder, program):
        self.report, self.program = report, program
        self.aspects = {"status": str(report["status"]).encode()}
        for name in ("stdout", "stderr"):
            self.aspects[name] = self._ruled((folder / name).read_bytes())
        here = folder / "here"
        for path in sorted(here.rglob("*")):
            name = str(path.relative_to(here))
            self.aspects["file " + name] = self._content(path, name)

    def _content(self, path, name):
        if path.is_symlink():
            return os.readlink(path).encode()
        if not path.is_file():
            return b"no regular file"
        if any(fnmatch.fnmatch(name, pattern) for pattern in self.program.not_compared):
            return b"not compared"
        return self._ruled(path.read_bytes())

    def _ruled(self, content):
        for pattern, text in self.program.rules:
            content = pattern.sub(text, content)
        return content


class Runner:
    def __init__(self, options, program, work):
        self.options, self.program, self.work = options, program, work
        # Where every user may read it: some programs change theirs.
        self.library = work / "libmemtrace.so"
        shutil.copy(options.runtime, self.library)
        self.root = root_of(options.runtime)

    def run(self, name, mode=None, watched=False):
        """`mode` is what MEMTRACE says; None: without the library."""
        folder, here, temporary = (self.work / part for part in (name, "here", "tmp"))
        for path in (folder, here, temporary):
            path.mkdir()
        temporary.chmod(0o1777)
        environment = {"PATH": SEARCHED, "HOME": str(here), "TMPDIR": str(temporary), "TZ": "UTC",
                       "LC_ALL": "C.UTF-8"}
        if mode is not None:
            environment.update(LD_PRELOAD=str(self.library), MEMTRACE=mode)
        command = ["env", *(f"{k}={v}" for k, v in environment.items()), "bash",
                   str(self.program.path)]
        with open(folder / "stdout", "wb") as out, open(folder / "stderr", "wb") as error:
            subprocess.run([self.options.watched, folder / "report", str(DEADLINE),
                            self.root if watched else "0", *command], cwd=here, env={"PATH": SEARCHED},
                           stdin=subprocess.DEVNULL, stdout=out, stderr=error, check=True)
        os.rename(here, folder / "here")
        shutil.rmtree(temporary)
        report = json.loads((folder / "report").read_text())
        if not report["in_time"]:
            fail(f"{self.program.name}, {name}: no end after {DEADLINE} s")
        if not (folder / "stdout").read_bytes().endswith(b"finished\n"):
            fail(f"{self.program.name}, {name}: it stopped half way: {report}\n" +
                 (folder / "stderr").read_text(errors="replace")[-2000:])
        return Run(report, folder, self.program)


def fail(text):
    print(text)
    sys.exit(1)


def root_of(runtime):
    done = subprocess.run(["nm", "-D", runtime], capture_output=True, text=True, check=True)
    return next(line.split()[0] for line in done.stdout.splitlines()
                if line.split()[-1].split("@")[0] == "memtrace_root")


def difference(one, other, names):
    """What two runs do differently, as text; empty if nothing."""
    text = []
    for aspect in sorted(set(one.aspects) | set(other.aspects)):
        a, b = one.aspects.get(aspect), other.aspects.get(aspect)
        if a == b:
            continue
        text.append(f"{aspect} differs between {names}")
        if a is None or b is None:
            text.append("  it is there in one only")
            continue
        lines = [c.decode("utf-8", "replace").splitlines() for c in (a, b)]
        text += ["  " + line[:300] for line in difflib.unified_diff(*lines, lineterm="", n=0)][2:22]
    return "\n".join(text)


def judge_processes(program, report):
    """Complaints about the watched run, and the losses that are there."""
    complaints, losses = [report["error"]] if "error" in report else [], set()
    if not any(process["traced"] for process in report["processes"]):
        complaints.append("nothing was traced")
    for killed in report["killed"]:
        if killed["signal"] in FAULTS - program.faults:
            complaints.append(f"{killed['name']} died of signal {killed['signal']}")
    for process in report["processes"]:
        name = process["name"]
        if "error" in process:
            complaints.append(f"{name}: its table cannot be read: {process['error']}")
        if not process["traced"] and name not in program.untraced:
            complaints.append(f"{name} was not traced")
        if not process.get("whole", True):
            complaints.append(f"{name}: blocks and counters differ")
        losses |= set(process.get("losses", {}))
    there = {process["name"] for process in report["processes"] if not process["traced"]}
    complaints += [f"{name} was traced each time" for name in sorted(program.untraced - there)]
    for loss in sorted(losses - program.losses):
        complaints.append(f"lost: {loss}, " + ", ".join(
            f"{process['losses'][loss]} in {process['name']}" for process in report["processes"]
            if loss in process.get("losses", {})))
    return complaints, losses


def summary(program, plain, traced, others, losses):
    """What the document's row is made from; the first of the others was watched."""
    processes = [process for process in others[0].report["processes"] if process["traced"]]

    def equal(*which):
        def part(run):
            return {name: text for name, text in run.aspects.items() if name.split(" ")[0] in which}
        return all(part(run) == part(plain[0]) for run in (*traced, *others))

    def ratio(key):
        return statistics.median(t.report[key] / max(p.report[key], 1e-3)
                                 for p, t in zip(plain, traced))
    return {"name": program.name, "title": program.title, "status": equal("status"),
            "output": equal("stdout", "stderr"), "files": equal("file"),
            "has_files": any(name.startswith("file ") for name in plain[0].aspects),
            "not_compared": program.not_compared, "losses": sorted(losses),
            "processes": len(processes),
            "seconds": statistics.median(run.report["cpu"] for run in plain),
            "time": ratio("cpu"), "memory": ratio("peak_kib")}


def judge(options, program, work):
    """The result, and what is wrong with it."""
    runner = Runner(options, program, work)
    plain, traced = [], []
    for number in range(options.pairs):
        plain.append(runner.run(f"plain-{number}"))
        traced.append(runner.run(f"traced-{number}", "32"))
    plain.append(runner.run("plain-last"))
    watched = runner.run("watched", "32", watched=True)
    others = {f"a run with MEMTRACE={mode}": runner.run(f"mode-{mode}", mode) for mode in MODES}
    unstable = difference(plain[0], plain[-1], "two untraced runs (it needs a rule)")
    if unstable:
        fail(unstable)
    complaints = [difference(plain[0], run, f"an untraced run and {name}") for name, run in
                  [*(("a traced one", run) for run in traced), ("a traced, watched one", watched),
                   *others.items()]]
    more, losses = judge_processes(program, watched.report)
    return (summary(program, plain, traced, [watched, *others.values()], losses),
            [text for text in complaints + more if text])


def main():
    parser = argparse.ArgumentParser()
    for name in ("watched", "runtime", "results"):
        parser.add_argument("--" + name, required=True, type=lambda text: pathlib.Path(text).resolve())
    parser.add_argument("--document", type=pathlib.Path)
    parser.add_argument("--pairs", type=int, default=1)
    parser.add_argument("--all", action="store_true", help=f"also without {LONG}")
    parser.add_argument("--keep", action="store_true", help="leave the folders of the runs")
    parser.add_argument("name")
    options = parser.parse_args()
    program = Program(options.name)
    if not program.small and not options.all and os.environ.get(LONG, "0") in ("", "0"):
        print(f"{program.name}: runs with {LONG}=1, as in scripts/check --long")
        return SKIPPED
    if program.missing():
        print(f"{program.name}: not here: {' '.join(program.missing())} (scripts/setup --programs)")
        return SKIPPED
    work = pathlib.Path(tempfile.mkdtemp(prefix="memtrace-programs-"))
    work.chmod(0o755)
    try:
        result, complaints = judge(options, program, work)
    finally:
        if options.keep:
            print(f"runs are in {work}")
        else:
            shutil.rmtree(work, ignore_errors=True)
    text = json.dumps(result, indent=1)
    options.results.mkdir(parents=True, exist_ok=True)
    (options.results / f"{program.name}.json").write_text(text + "\n")
    print(text)
    if options.document is not None:
        complaints.append(document.difference(options.document, result))
    if any(complaints):
        fail("\n".join(text for text in complaints if text))
    return 0


if __name__ == "__main__":
    sys.exit(main())
