# SPDX-License-Identifier: MIT
"""What a report costs in a debugger: snapshots and statistics of large heaps, live."""
import re
import shutil
import statistics
import subprocess

import tables
from setting import note

# Runs inside either debugger's Python: seconds and memory of the debugger itself.
PROBE = '''
import time

try:
    import gdb

    def execute(command):
        return gdb.execute(command, to_string=True)
except ImportError:
    import lldb

    def execute(command):
        result = lldb.SBCommandReturnObject()
        lldb.debugger.GetCommandInterpreter().HandleCommand(command, result)
        return result.GetOutput()


def memory(key):
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith(key))


def probe(commands):
    before = memory("VmRSS")
    for command in commands:
        begin = time.monotonic()
        text = execute(command)
        print("@@ %s = %.6f" % (command, time.monotonic() - begin))
    print("@@ memory = %d" % (memory("VmHWM") - before))
    print("@@ " + next(line for line in text.splitlines() if line.startswith("Total")))
'''
GDB = """set pagination off
source {stage}/share/memtrace/gdb/memtrace.py
mt preload
break main
run
mt start
break full
continue
source {probe}
python probe({commands!r})
"""
LLDB = """plugin load {stage}/lib/memtrace/libmemtrace_lldb.so
mt preload
breakpoint set -n main
run
mt start
breakpoint set -n full
continue
command script import {probe}
script {module}.probe({commands!r})
"""
DEBUGGERS = {
    "GDB": (GDB, ["gdb", "-nx", "-batch", "-x"]),
    "LLDB": (LLDB, ["lldb-19", "--no-lldbinit", "-b", "-s"]),
}

ARGUMENTS = {"GDB": ["--args"], "LLDB": ["--"]}


def measure(setting, debugger, program, commands, arguments=()):
    """Seconds by command (the first of each, and the median of the others), and the rest."""
    text, start = DEBUGGERS[debugger]
    probe = setting.work / "probe.py"
    probe.write_text(PROBE)
    script = setting.work / "script"
    script.write_text(text.format(stage=setting.stage, probe=probe, module=probe.stem,
                                  commands=commands))
    command = [*start, script, *(ARGUMENTS[debugger] if arguments else []),
               setting.programs / program, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False,
                          env=setting.environment)
    found = re.findall(r"^@@ (.*) = ([\d.]+)$", done.stdout, re.M)
    total = re.search(r"^@@ (Total: .*)", done.stdout, re.M)
    if len(found) != len(commands) + 1 or total is None:
        raise SystemExit(f"bench: no report from {debugger}:\n{done.stdout}\n{done.stderr}")
    seconds = {}
    for command, value in found[:-1]:
        seconds.setdefault(command, []).append(float(value))
    return seconds, int(found[-1][1]) / 1024, total.group(1)


def present(setting):
    if shutil.which("gdb"):
        yield "GDB"
    if shutil.which("lldb-19") and (setting.stage / "lib/memtrace/libmemtrace_lldb.so").exists():
        yield "LLDB"


def million(setting, debugger, rounds):
    runs = [measure(setting, debugger, "many_traces", ["mt snapshot"] * 4) for _ in range(rounds)]
    first = statistics.median(run[0]["mt snapshot"][0] for run in runs)
    again = statistics.median(statistics.median(run[0]["mt snapshot"][1:]) for run in runs)
    return runs[0][2], [debugger, f"{first:.3f}", f"{again:.3f}"]


LARGE = ["mt snapshot a --blocks", *["mt stats a"] * 3, *["mt stats a --min-size 40"] * 3,
         *["mt stats a --cumulative"] * 3]


def large(setting, debugger, rounds):
    runs = [measure(setting, debugger, "large_heap", LARGE) for _ in range(rounds)]
    again = [f"{statistics.median(statistics.median(run[0][command][1:]) for run in runs):.3f}"
             for command in dict.fromkeys(LARGE[1:])]
    first = statistics.median(run[0][LARGE[0]][0] for run in runs)
    added = statistics.median(run[1] for run in runs)
    return runs[0][2], [debugger, f"{first:.3f}", *again, f"{added:.0f}"]


def snapshots(setting):
    if not setting.wants("snapshots", ["snapshots"]):
        return None
    if not (setting.stage / "lib" / "memtrace" / "libmemtrace_core.so").exists():
        return "the debugger side is not built\n"
    rounds = 1 if setting.quick else setting.rounds
    text = ""
    for heading, work in ((["seconds for mt snapshot", "first", "again"], million),
                          (["seconds", "mt snapshot --blocks", "mt stats", "--min-size 40",
                            "--cumulative", "MB added"], large)):
        rows, total = [], ""
        for debugger in present(setting):
            note(f"reports in {debugger}")
            total, row = work(setting, debugger, rounds)
            rows.append(row)
        text += f"{total}\n\n{tables.table(heading, rows)}\n"
    return text.rstrip("\n") + "\n"
