# SPDX-License-Identifier: MIT
"""What stamps add to a malloc and its free; how long mt mark and the reports take that ask
when and by whom a block was allocated."""
import statistics

import tables
from reports import measure, present
from setting import note

TITLES = {"stamps": "stamps", "marks": "stamps, and a mark every 1000 pairs"}
DEPTHS = (5, 20)
THREADS = (1, 4)
COMMANDS = ["mt mark", "mt snapshot", "mt snapshot --thread 2 --sort total-size",
            "mt snapshot --blocks", "mt snapshot --since 1", "mt snapshot --by thread --blocks"]


def pair_rows(setting, variant):
    """{(depth, threads): {kind: {round: ns}}}, the kinds next to each other in each round."""
    pairs = 200_000 if setting.quick else 2_000_000
    places = [(depth, threads) for depth in DEPTHS for threads in THREADS]
    runs = {place: {kind: {} for kind in ("none", *TITLES)} for place in places}
    for number in range(setting.rounds):
        for (depth, threads), kinds in runs.items():
            for kind, times in kinds.items():
                command = [setting.programs / "armed_pairs", kind, pairs, depth, threads]
                times[number] = float(setting.run(variant, command))
    return runs


def pairs_table(setting, variant):
    heads = ["ns of a malloc and a free", "on"]
    for title in TITLES.values():
        heads += [title, "times"]
    rows = []
    for (depth, threads), kinds in pair_rows(setting, variant).items():
        kinds["plain"] = kinds.pop("none")
        row = [f"{depth} calls deep, {threads} thread{'s' if threads > 1 else ''}",
               f"{statistics.median(kinds['plain'].values()):.1f}"]
        for kind in TITLES:
            row += [tables.show_added(tables.added(kinds, kind)),
                    tables.show_ratio(tables.ratio(kinds, kind))]
        rows.append(row)
    return tables.table(heads, rows)


def commands_table(setting):
    rows, total = [], ""
    for debugger in present(setting):
        note(f"marks in {debugger}")
        repeated = [command for command in COMMANDS for _ in range(3 if setting.quick else 5)]
        seconds, _, total = measure(setting, debugger, "many_traces", repeated)
        rows.append([debugger, *(f"{statistics.median(seconds[command][1:]) * 1000:.2f}"
                                 for command in COMMANDS)])
    return f"{total}\n\n" + tables.table(["milliseconds", *COMMANDS], rows)


def marks(setting):
    variant = next((v for v in setting.variants if v.key == "on"), None)
    if not setting.wants("marks", ["marks"]) or variant is None:
        return None
    note("stamps and marks")
    text = pairs_table(setting, variant)
    if (setting.stage / "lib" / "memtrace" / "libmemtrace_core.so").exists():
        text += "\n" + commands_table(setting)
    return text
