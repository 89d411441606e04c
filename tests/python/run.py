#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs the tests of the Python module inside real debuggers.

    run.py … cases DEBUGGER MODULE.CLASS   unit cases, in one debugger
    run.py … script NAME [--update]        scripts/NAME.txt in both, live and on a core

A script test is a small file: `program NAME [ARGUMENTS]`, `address GLOBAL` (a pointer whose
value the scripts find as builtins.address), `stop FUNCTION SCRIPT…`, and `core SCRIPT…`: on
a core that is written at the last stop. All that the scripts print must be the same
everywhere and the same as golden/NAME.txt; with `golden no` (what is printed depends on
the system's libraries) the same as in GDB.
"""

import argparse
import difflib
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
TIMEOUT = 240


def debugger_program(name):
    known = {"gdb": ["gdb"], "lldb": ["lldb-19", "lldb"]}
    chosen = os.environ.get("MEMTRACE_" + name.upper())
    for candidate in [chosen] if chosen else known[name]:
        if shutil.which(candidate):
            return candidate
    sys.exit("run.py: there is no %s here; scripts/setup installs it" % name)


def session(options, name, commands, work, environment):
    """What the debugger said; ends the program when it does not end."""
    if name == "gdb":
        line = ["gdb", "-nx", "-batch"]
        first = ["set confirm off", "set debuginfod enabled off", "set breakpoint pending on",
                 "set width 0", "source %s/share/memtrace/gdb/memtrace.py" % options.stage]
        flag = "-ex"
    else:
        line = ["lldb", "--no-lldbinit", "--no-use-colors", "--batch"]
        first = ["settings set auto-confirm true",
                 "plugin load %s/lib/memtrace/libmemtrace_lldb.so" % options.stage]
        flag = "-o"
    line[0] = debugger_program(name)
    for command in first + commands:
        line += [flag, command]
    clean = {key: value for key, value in os.environ.items()
             if key not in ("MEMTRACE", "LD_PRELOAD", "DEBUGINFOD_URLS")}
    clean.update(environment, LC_ALL="C.UTF-8", PYTHONDONTWRITEBYTECODE="1")
    try:
        done = subprocess.run(line, cwd=work, env=clean, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              timeout=TIMEOUT, check=False)
        return done.stdout.decode("utf-8", "replace")
    except subprocess.TimeoutExpired as error:
        return "%s\nno end after %d s" % ((error.stdout or b"").decode("utf-8", "replace"), TIMEOUT)


def run_cases(options, work):
    load = "source" if options.debugger == "gdb" else "command script import"
    output = session(options, options.debugger, ["%s %s" % (load, HERE / "inside.py")], work, {
        "MEMTRACE_CASES": str(HERE),
        "MEMTRACE_CASE": options.case,
        "MEMTRACE_PROGRAMS": str(options.programs),
        "MEMTRACE_SOURCES": str(options.sources),
        "MEMTRACE_WORK": str(work),
    })
    print(output)
    # Cases that were not run have not passed.
    last = [line for line in output.splitlines() if line.startswith("cases: ")]
    return len(last) == 1 and last[0].endswith(", passed") and not last[0].startswith("cases: 0 ")


class ScriptTest:
    def __init__(self, name):
        self.program, self.arguments, self.address = "", "", ""
        self.stops, self.core = [], []
        self.golden = True
        for line in (HERE / "scripts" / (name + ".txt")).read_text().splitlines():
            word, _, rest = line.partition(" ")
            if word == "program":
                self.program, _, self.arguments = rest.partition(" ")
            elif word == "address":
                self.address = rest
            elif word == "stop":
                function, *scripts = rest.split()
                self.stops.append((function, scripts))
            elif word == "core":
                self.core = rest.split()
            elif line == "golden no":
                self.golden = False
            elif line and not line.startswith("#"):
                sys.exit("run.py: scripts/%s.txt: %s?" % (name, word))

    def path(self, options):
        return self.program if "/" in self.program else str(options.programs / self.program)

    def commands(self, options, debugger, core=None, save_as=None):
        gdb = debugger == "gdb"
        path = self.path(options)
        if core:
            start = ["file " + path, "core-file " + core] if gdb else [
                'target create --core "%s" "%s"' % (core, path)]
            return start + self.run(debugger, self.core)
        if gdb:
            commands = ["file " + path, "mt preload"]
            commands += ["break " + function for function, _ in self.stops]
            go = "run %s > /dev/null" % self.arguments
        else:
            commands = ["target create " + path, "mt preload"]
            commands += ["breakpoint set -n " + function for function, _ in self.stops]
            go = "process launch -o /dev/null -- %s" % self.arguments
        for _, scripts in self.stops:
            commands += [go] + self.run(debugger, scripts)
            go = "continue" if gdb else "process continue"
        if save_as:
            commands.append("gcore " + save_as)
        return commands

    def run(self, debugger, scripts):
        gdb = debugger == "gdb"
        python, load = ("python", "source") if gdb else ("script", "command script import")
        commands = []
        if self.address:
            value = ('int(gdb.parse_and_eval("(unsigned long)%s"))' if gdb else
                     'lldb.target.FindFirstGlobalVariable("%s").GetValueAsUnsigned()')
            commands.append("%s import builtins; builtins.address = %s" % (python, value % self.address))
        for script in scripts:
            commands += ["%s print('=== %s')" % (python, script),
                         "%s %s" % (load, HERE / "scripts" / script),
                         "%s print('===')" % python]
        return commands


def answers(options, output):
    """What the scripts said, without what differs between machines."""
    lines, inside = [], False
    for line in output.splitlines():
        if line.startswith("(lldb) "):
            continue
        if line.startswith("==="):
            inside = line != "==="
            if inside:
                lines.append(line)
        elif inside:
            lines.append(line.replace(str(options.sources) + "/", "")
                         .replace(str(options.programs) + "/", ""))
    return "\n".join(lines) + "\n"


def of_scripts(text, scripts):
    """The parts of an answer that these scripts gave."""
    parts = text.split("=== ")[1:]
    return "".join("=== " + part for part in parts if part.split("\n", 1)[0] in scripts)


def run_script(options, work):
    test = ScriptTest(options.name)
    golden_file = HERE / "golden" / (options.name + ".txt")
    core = str(work / "saved.core")
    said = {}
    for debugger in ("gdb", "lldb"):
        save_as = core if debugger == "gdb" and test.core else None
        said[debugger] = session(options, debugger,
                                 test.commands(options, debugger, save_as=save_as), work,
                                 {"MEMTRACE_WORK": str(work)})
    for debugger in ("gdb", "lldb") if test.core else ():
        said[debugger + " core"] = session(options, debugger,
                                           test.commands(options, debugger, core=core), work,
                                           {"MEMTRACE_WORK": str(work)})
    whole = answers(options, said["gdb"])
    alive = {script for _, scripts in test.stops for script in scripts}
    if test.core:
        whole += of_scripts(answers(options, said["gdb core"]), set(test.core) - alive)
    if options.update and test.golden:
        golden_file.write_text(whole)
    if test.golden:
        whole = golden_file.read_text()
    good = True
    for title, output in said.items():
        # On the core the scripts say what they said when it was written.
        expected = of_scripts(whole, set(test.core) if "core" in title else alive)
        got = answers(options, output)
        complete = output.count("\n===\n") == got.count("=== ") > 0
        if got == expected and complete and "Traceback (most recent call last)" not in got:
            continue
        good = False
        print("%s says something else:" % title)
        sys.stdout.writelines(difflib.unified_diff(
            expected.splitlines(True), got.splitlines(True), "expected", title))
        print("--- all that it said:\n" + output)
    print("%d sessions said %s" % (len(said), "the same" if good else "different things"))
    return good


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("stage", "programs", "sources"):
        parser.add_argument("--" + name, type=pathlib.Path, required=True)
    kinds = parser.add_subparsers(dest="kind", required=True)
    cases = kinds.add_parser("cases")
    cases.add_argument("debugger", choices=("gdb", "lldb"))
    cases.add_argument("case")
    script = kinds.add_parser("script")
    script.add_argument("name")
    script.add_argument("--update", action="store_true", help="write the golden text from GDB")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="memtrace-python-") as folder:
        work = pathlib.Path(folder)
        good = (run_cases if options.kind == "cases" else run_script)(options, work)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
