# SPDX-License-Identifier: MIT
"""Figures of memtrace alone: memory per block, instructions per event, single events, size."""
import collections
import json
import re
import shutil
import statistics
import subprocess

import tables
from setting import note

BLOCK_SIZES = {16: "16 B", 64: "64 B", 256: "256 B", 1024: "1 KiB", 0: "16..2000 B"}


def spaced(number):
    return f"{number:,}".replace(",", " ")


def ours(setting, *keys):
    return [variant for variant in setting.variants if variant.key in keys]


def memory(setting):
    """Bytes per live block, by the runtime's own account and by the kernel's."""
    if not setting.wants("memory", ["memory"]):
        return None
    count = 200_000 if setting.quick else 1_000_000
    variants = ours(setting, "plain", "on", "stamps", "sampled", "heaptrack")
    rows = []
    for size, title in BLOCK_SIZES.items():
        note(f"memory of blocks of {title}")
        values = {}
        for variant in variants:
            text = setting.run(variant, [setting.bench / "block_memory", count, size])
            if text is not None:
                values[variant.key] = json.loads(text)
        plain, on = values["plain"], values["on"]
        row = [title, f"{on['tracer_bytes'] / count:.1f}"]
        row += [f"{(values[v.key]['resident_bytes'] - plain['resident_bytes']) / count:.1f}"
                if v.key in values else "–" for v in variants[1:]]
        rows.append(row)
    heads = ["bytes per live block", "on, own account",
             *(f"{variant.title}, growth of the process" for variant in variants[1:])]
    return f"{spaced(count)} blocks:\n\n" + tables.table(heads, rows)


def count_instructions(setting, variant, pairs, depth):
    done = subprocess.run(
        ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null",
         setting.programs / "pairs", str(pairs), str(depth)],
        env={**setting.environment, **dict(pair.split("=", 1) for pair in variant.environment)},
        capture_output=True, text=True, check=False, cwd=setting.work)
    match = re.search(r"Collected : (\d+)", done.stderr)
    return int(match.group(1)) if done.returncode == 0 and match else None


OUTSIDE = "libc and the program"
ROOM = re.compile(r".*/runtime/(\w+)/")
COST = re.compile(r"(?:[+-]?\d+|\*) (\d+)$")  # a line of source, and what it cost
FILE = re.compile(r"(fl|fi|fe|cfi|cfl)=\((\d+)\)(?: (.*))?")


def rooms_of_profile(text):
    """{folder of the runtime, or OUTSIDE: instructions} of a file in callgrind's format: fl
    names the file of a function, fi and fe that of the lines that follow, cfi of a callee."""
    names, rooms = {}, collections.Counter()
    home = room = OUTSIDE
    is_call = False
    for line in text.splitlines():
        if named := FILE.match(line):
            name = names.setdefault(named.group(2), named.group(3) or "")
            inside = ROOM.match(name)
            if not named.group(1).startswith("c"):
                room = inside.group(1) if inside else OUTSIDE
                home = room if named.group(1) == "fl" else home
        elif line.startswith("fn="):
            room = home
        elif line.startswith("calls="):
            is_call = True  # the next line has the cost of what was called
        elif cost := COST.match(line):
            if not is_call:
                rooms[room] += int(cost.group(1))
            is_call = False
    return rooms


def count_by_room(setting, variant, pairs, depth):
    profile = setting.work / "callgrind.out"
    subprocess.run(
        ["valgrind", "--tool=callgrind", f"--callgrind-out-file={profile}",
         setting.programs / "pairs", str(pairs), str(depth)],
        env={**setting.environment, **dict(pair.split("=", 1) for pair in variant.environment)},
        capture_output=True, check=True, cwd=setting.work)
    return rooms_of_profile(profile.read_text())


ROOMS = {
    "hooks": "the family's functions, and the real ones called",
    "control": "is anything to be recorded",
    "thread": "the thread's context, re-entrancy guard",
    "stack": "is it the last stack",
    "record": "what the event means",
    "journal": "the journal",
    "table": "counters, peak, the block's word",
    "abi": "the word's parts",
    "os": "is there one thread",
}


def rooms_table(setting, few, many, depth):
    note("instructions by room")
    variant = ours(setting, "on")[0]
    counts = [count_by_room(setting, variant, pairs, depth) for pairs in (few, many)]
    each = {room: (counts[1][room] - counts[0][room]) / ((many - few) * 1.1) for room in counts[1]}
    rows = [[room, ROOMS.get(room, ""), f"{value:.0f}"]
            for room, value in sorted(each.items(), key=lambda item: -item[1]) if value >= 0.5]
    head = ["instructions", f"on, {depth} calls deep", ""]
    return tables.table(head, rows)


def instructions(setting):
    """Instructions of one malloc and free; start and warming up cancel out."""
    if not setting.wants("instructions", ["instructions"]):
        return None
    if shutil.which("valgrind") is None:
        return "valgrind: not installed\n"
    few, many = 50_000, 100_000
    variants = ours(setting, "plain", "off", "on", "stamps", "sampled")
    rows = []
    for depth in (5, 20, 50):
        note(f"instructions at depth {depth}")
        row, plain = [f"{depth} calls deep"], None
        for variant in variants:
            counts = [count_instructions(setting, variant, pairs, depth) for pairs in (few, many)]
            if None in counts:
                row.append("–")
                continue
            # pairs makes a tenth more to warm up
            each = (counts[1] - counts[0]) / ((many - few) * 1.1)
            plain = each if variant.key == "plain" else plain
            row.append(f"{each:.0f}" if variant.key == "plain" else f"{each - plain:+.0f}")
        rows.append(row)
    text = tables.table(["instructions of malloc and free", *(v.title for v in variants)], rows)
    return text + "\n" + rooms_table(setting, few, many, 5)


PERCENTILES = ("p50", "p90", "p99", "p99.9", "p99.99", "p99.999")


def latency(setting):
    """Every single event timed, with much alive."""
    if not setting.wants("latency", ["latency"]):
        return None
    live, events = (1_000_000, 1_000_000) if setting.quick else (10_000_000, 5_000_000)
    variants = ours(setting, "plain", "on")
    runs = {variant.key: [] for variant in variants}
    for number in range(min(setting.rounds, 3)):
        for variant in setting.turns(variants, number):
            note(f"latency, {variant.title}")
            text = setting.run(variant, [setting.bench / "latency", live, events])
            if text is None:
                raise SystemExit(f"bench: latency fails under {variant.title}")
            runs[variant.key].append(json.loads(text))

    def middle(key, name):
        return f"{statistics.median(run[name] for run in runs[key]):.0f}"

    def spread(key, name, unit=1):
        values = sorted(run[name] for run in runs[key])
        return " ".join(f"{value / unit:.0f}" for value in values)

    def per_second(key):
        return " ".join(f"{run['slow_unexcused'] * 1e9 / run['total_ns']:.0f}"
                        for run in sorted(runs[key], key=lambda run: run["slow_unexcused"]))

    rows = [[f"{name}, ns", *(middle(v.key, name) for v in variants)] for name in PERCENTILES]
    rows.append(["slowest, µs, each run", *(spread(v.key, "slowest", 1000) for v in variants)])
    rows.append(["over 50 µs with a page fault or preemption, each run",
                 *(spread(v.key, "slow_excused") for v in variants)])
    rows.append(["over 50 µs without, each run",
                 *(spread(v.key, "slow_unexcused") for v in variants)])
    # What interrupts a program does so by the second, not by the event.
    rows.append(["the same, per second of events, each run",
                 *(per_second(v.key) for v in variants)])
    rows.append(["slowest without, µs, each run",
                 *(spread(v.key, "slowest_unexcused", 1000) for v in variants)])
    head = f"{spaced(live)} live blocks, {spaced(2 * events)} events per run:\n\n"
    return head + tables.table(["one malloc or free", *(v.title for v in variants)], rows)


def size(setting):
    if not setting.wants("size", ["size"]):
        return None
    done = subprocess.run(["size", setting.runtime], capture_output=True, text=True, check=True)
    text, data, bss = (int(word) for word in done.stdout.splitlines()[1].split()[:3])
    return tables.table(["libmemtrace.so", "KiB"], [
        ["code and constants", f"{text / 1024:.1f}"],
        ["data", f"{data / 1024:.1f}"],
        ["zeroed data", f"{bss / 1024:.1f}"]])
