# SPDX-License-Identifier: MIT
"""What a report costs in a debugger: mt snapshot of a million blocks, live."""
import re
import shutil
import statistics
import subprocess
import time

import tables
from setting import note

GDB = """set pagination off
source {stage}/share/memtrace/gdb/memtrace.py
mt preload
python import time
break main
run
mt start
break full
continue
python
for name in ("cold", "warm", "warm", "warm"):
    begin = time.monotonic()
    text = gdb.execute("mt snapshot", to_string=True)
    print("@@ %s %.6f" % (name, time.monotonic() - begin))
print(text)
end
"""


def gdb_seconds(setting):
    script = setting.work / "snapshot.gdb"
    script.write_text(GDB.format(stage=setting.stage))
    done = subprocess.run(["gdb", "-nx", "-batch", "-x", script, setting.programs / "many_traces"],
                          capture_output=True, text=True, check=False, env=setting.environment)
    found = re.findall(r"^@@ (\w+) ([\d.]+)$", done.stdout, re.M)
    total = re.search(r"^Total: size=.*", done.stdout, re.M)
    if len(found) != 4 or total is None:
        raise SystemExit(f"bench: no report from GDB:\n{done.stdout}\n{done.stderr}")
    return {"cold": float(found[0][1]), "total": total.group(0),
            "warm": statistics.median(float(value) for _, value in found[1:])}


def lldb_session(setting, snapshots):
    """Elapsed seconds. LLDB's scripts have no clock that its buffers do not blur."""
    script = setting.work / "snapshot.lldb"
    script.write_text("\n".join(
        [f"plugin load {setting.stage}/lib/memtrace/libmemtrace_lldb.so", "mt preload",
         "breakpoint set -n main", "run", "mt start", "breakpoint set -n full", "continue",
         *["mt snapshot"] * snapshots]) + "\n")
    begin = time.monotonic()
    done = subprocess.run(["lldb-19", "--no-lldbinit", "-b", "-s", script,
                           setting.programs / "many_traces"],
                          capture_output=True, text=True, check=False, env=setting.environment)
    elapsed = time.monotonic() - begin
    if len(re.findall(r"^Total: size=", done.stdout, re.M)) != snapshots:
        raise SystemExit(f"bench: no report from LLDB:\n{done.stdout}\n{done.stderr}")
    return elapsed


def snapshots(setting):
    if not setting.wants("snapshots", ["snapshots"]):
        return None
    if not (setting.stage / "lib" / "memtrace" / "libmemtrace_core.so").exists():
        return "the debugger side is not built\n"
    rows, head = [], ""
    rounds = 1 if setting.quick else setting.rounds
    if shutil.which("gdb"):
        note("mt snapshot in GDB")
        runs = [gdb_seconds(setting) for _ in range(rounds)]
        head = runs[0]["total"] + "\n\n"
        rows.append(["GDB", *(f"{statistics.median(run[key] for run in runs):.3f}"
                              for key in ("cold", "warm"))])
    if shutil.which("lldb-19") and (setting.stage / "lib/memtrace/libmemtrace_lldb.so").exists():
        note("mt snapshot in LLDB")
        more = 10 if setting.quick else 50
        warm = [(lldb_session(setting, 1 + more) - lldb_session(setting, 1)) / more
                for _ in range(rounds)]
        rows.append(["LLDB", "–", f"{statistics.median(warm):.3f}"])
    return head + tables.table(["seconds for mt snapshot", "first", "again"], rows)
