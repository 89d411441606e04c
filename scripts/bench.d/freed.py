# SPDX-License-Identifier: MIT
"""What a malloc and its free cost while the last frees are kept with their stacks."""
import dataclasses
import statistics

import micro
import tables
from setting import note

KEPT = {"": "none kept", ",freed=1000": "the last 1000", ",freed=1000000": "the last million"}
DEPTHS = (5, 20)


def freed(setting):
    traced = next((v for v in setting.variants if v.key == "on"), None)
    if not setting.wants("freed", ["freed"]) or traced is None:
        return None
    note("the last frees")
    preload, setup = traced.environment
    times = {option: {depth: [] for depth in DEPTHS} for option in KEPT}
    for _ in range(setting.rounds):
        for option, by_depth in times.items():
            variant = dataclasses.replace(traced, environment=(preload, setup + option))
            for depth in DEPTHS:
                by_depth[depth].append(micro.run_pairs(setting, variant, depth)["cpu_ns"])
    rows = [[KEPT[option], *(f"{statistics.median(by_depth[depth]):.1f}" for depth in DEPTHS)]
            for option, by_depth in times.items()]
    return tables.table(["ns of a malloc and a free", *(f"{d} calls deep" for d in DEPTHS)], rows)
