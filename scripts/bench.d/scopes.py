# SPDX-License-Identifier: MIT
"""What a program pays for the scopes that it marks itself, and its malloc while it has any:
the benchmarks of tests/bench/bench_scopes.cpp. What a scope of the debugger costs is two
stops, which say more of the debugger than of memtrace."""
import statistics

import micro
import tables
from setting import note

TITLES = {
    "scope": "begin and end",
    "scope_in_scopes": "begin and end, inside 20 others",
    "scope_threads/2": "begin and end, 2 threads at once",
    "scope_threads/4": "begin and end, 4 threads at once",
    "pair_in_scope/0": "malloc and free, no scope yet",
    "pair_in_scope/1": "malloc and free inside a scope",
}


def scopes(setting):
    names = setting.wants("scopes", list(TITLES))
    variants = [v for v in setting.variants if v.key in ("off", "on")]
    if not names or not variants:
        return None
    rows = []
    for name in names:
        note(name)
        row = [TITLES[name]]
        times = {variant.key: [] for variant in variants}
        for _ in range(setting.rounds):
            for variant in variants:
                times[variant.key].append(micro.run_one(setting, variant, name)["cpu_ns"])
        rows.append(row + [f"{statistics.median(times[v.key]):.1f}" for v in variants])
    return tables.table(["processor ns", *(v.title for v in variants)], rows)
