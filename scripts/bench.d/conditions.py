# SPDX-License-Identifier: MIT
"""What a malloc and its free cost while a condition of mt break is armed and not met."""
import statistics

import tables
from setting import note

TITLES = {
    "none": "nothing armed",
    "size": "--size",
    "fail": "--fail",
    "free": "--free",
    "thread": "--thread",
    "site": "--site, each traceback decided",
    "total": "--total",
    "peak": "--peak",
    "count": "--count",
}
DEPTH = 20
THREADS = (1, 4)


def run_one(setting, variant, kind, threads):
    pairs = 200_000 if setting.quick else 2_000_000
    command = [setting.programs / "armed_pairs", kind, pairs, DEPTH, threads]
    return float(setting.run(variant, command))


def conditions(setting):
    rows = setting.wants("conditions", list(TITLES))
    variant = next((v for v in setting.variants if v.key == "on"), None)
    if not rows or variant is None:
        return None
    runs = {(kind, threads): [] for kind in rows for threads in THREADS}
    for kind in rows:
        note(f"conditions {kind}")
    for _ in range(setting.rounds):
        for (kind, threads), times in runs.items():
            times.append(run_one(setting, variant, kind, threads))
    heads = ["ns of a malloc and a free, 20 deep",
             *(f"{n} thread{'s' if n > 1 else ''}" for n in THREADS)]
    return tables.table(heads, [
        [TITLES[kind], *(f"{statistics.median(runs[kind, n]):.1f}" for n in THREADS)]
        for kind in rows])
