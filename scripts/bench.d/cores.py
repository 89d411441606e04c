# SPDX-License-Identifier: MIT
"""What a report of leaks and holders costs: on a core with a vast heap, and live in debuggers."""
import pathlib
import resource
import subprocess
import tempfile

import reports
import tables
from setting import note

NODES, SIZE = 20_000_000, 400
QUICK_NODES = 1_000_000
LIVE_NODES, LIVE_SIZE = 5_000_000, 100


def write_core(setting, folder, nodes):
    """A core of the program, by the kernel; and the address of a block for `refs`."""
    limit = resource.getrlimit(resource.RLIMIT_CORE)
    environment = {**setting.environment, "MEMTRACE": "32", "LD_PRELOAD": str(setting.runtime)}
    done = subprocess.run(
        [setting.programs / "vast_heap", str(nodes), str(SIZE), "dies"], cwd=folder, text=True,
        env=environment, capture_output=True, check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CORE, (limit[1], limit[1])))
    cores = [path for path in pathlib.Path(folder).iterdir() if path.name.startswith("core")]
    return (cores[0] if cores else None), done.stdout.strip()


def seconds_of(setting, commands, core):
    """Wall seconds and peak MiB of one run of the reader."""
    plain = setting.variants[0]
    usage = setting.measure(plain, [setting.stage / "bin" / "memtrace", core,
                                    setting.programs / "vast_heap",
                                    *(word for command in commands for word in ("-c", command))])
    if usage is None or usage.status not in (0, 1):  # 1: leaks were shown
        raise SystemExit(f"bench: memtrace {core} {commands} ended badly")
    return usage.wall, usage.peak_kib / 1024


def on_core(setting):
    nodes = QUICK_NODES if setting.quick else NODES
    with tempfile.TemporaryDirectory(prefix="memtrace-core-") as folder:
        note(f"a core of {nodes} blocks of {SIZE} B")
        core, address = write_core(setting, folder, nodes)
        if core is None:
            return "this system writes no cores into the program's folder\n"
        size = core.stat().st_size / 2**30
        rows, leaks = [], 0.0
        for commands in (["snapshot -n 3"], ["leaks -n 3"], ["leaks -n 3", f"refs {address} -n 3"],
                         ["retained -n 3"], ["snapshot --by type -n 3"]):
            note(f"on the core: {commands[-1]}")
            runs = [seconds_of(setting, commands, core) for _ in range(2)]
            seconds, peak = min(run[0] for run in runs), max(run[1] for run in runs)
            if commands == ["leaks -n 3"]:
                leaks = seconds
            name = commands[-1].replace(address, "ADDRESS")
            if len(commands) == 2:
                name, seconds = name + ", after leaks", seconds - leaks
            rows.append([f"memtrace CORE {name}", f"{seconds:.1f}", f"{peak:.0f}"])
        return (f"A core of {size:.1f} GiB, {nodes} live blocks of {SIZE} B under 4096 tracebacks:"
                "\n\n" + tables.table(["", "seconds", "peak MiB"], rows))


def live(setting):
    nodes = QUICK_NODES if setting.quick else LIVE_NODES
    commands = ["mt leaks -n 3", "mt leaks -n 3", "mt retained -n 3"]
    rows = []
    for debugger in reports.present(setting):
        note(f"leaks in {debugger}")
        seconds, added, _ = reports.measure(setting, debugger, "vast_heap", commands,
                                            [str(nodes), str(LIVE_SIZE)])
        first, again = seconds[commands[0]]
        rows.append([debugger, f"{first:.1f}", f"{again:.1f}", f"{seconds[commands[2]][0]:.1f}",
                     f"{added:.0f}"])
    return (f"Live, {nodes} blocks of {LIVE_SIZE} B:\n\n" + tables.table(
        ["seconds", "mt leaks", "again", "mt retained", "MB added"], rows))


def cores(setting):
    if not setting.wants("cores", ["cores"]):
        return None
    if not (setting.stage / "bin" / "memtrace").exists():
        return "the debugger side is not built\n"
    return f"{on_core(setting)}\n{live(setting)}".rstrip("\n") + "\n"
