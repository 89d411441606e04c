# SPDX-License-Identifier: MIT
"""Nanoseconds that tracing adds to one event: the benchmarks of tests/bench/alloc_bench.

Every figure is a process of its own, so that no benchmark inherits another's heap.
"""
import json

import tables
from setting import note

TITLES = {
    "pairs/5": "malloc and free, 5 calls deep",
    "pair/10": "malloc and free, 10 calls deep",
    "pair/20": "malloc and free, 20 calls deep",
    "pair/50": "malloc and free, 50 calls deep",
    "pair/200": "malloc and free, 200 calls deep",
    "pair/1000": "malloc and free, 1000 calls deep",
    "paths/20": "each by one of 4096 paths, 20 deep",
    "recursion/200": "one block per level, 200 levels",
    "recursion/1000": "one block per level, 1000 levels",
    "churn/200000": "replacing among 200 thousand blocks of 64 B",
    "churn/1000000": "replacing among 1 million",
    "churn/10000000": "replacing among 10 million",
    "churn_mixed/1000000": "replacing among 1 million of 16..2000 B",
    "containers": "map, unordered_map, vector, string",
    "realloc_doubling": "realloc to the double size",
    "realloc_step": "realloc to 16 B more",
    "climb/0": "malloc, each a new peak",
    "climb/64": "the same, 64 threads asleep",
    "untracked_free": "free of a block from before the start",
}
THREADS = {
    "larson/1": "1 thread replacing its own",
    "larson/2": "2 threads, each its own",
    "larson/4": "4 threads, each its own",
    "xmalloc/2": "2 threads freeing each other's",
    "xmalloc/4": "4 threads freeing each other's",
}
HUGE = "10000000"


def run_pairs(setting, variant, depth):
    slow = variant.rounds < 1000
    count = 50_000 if slow else 500_000 if setting.quick else 3_000_000
    text = setting.run(variant, [setting.programs / "pairs", count, depth])
    return None if text is None else {"cpu_ns": float(text), "wall_ns": float(text)}


def run_one(setting, variant, name):
    program, _, argument = name.partition("/")
    if program == "pairs":
        return run_pairs(setting, variant, argument)
    text = setting.run(variant, [
        setting.bench / "alloc_bench", f"--benchmark_filter=^{name}/manual_time$",
        f"--benchmark_min_time={0.02 if setting.quick else 0.3}", "--benchmark_format=json"])
    if text is None:
        return None
    result = json.loads(text)["benchmarks"][0]
    if "error_message" in result:
        raise SystemExit(f"bench: {name}: {result['error_message']}")
    if variant.memtrace and result["traced"] == variant.key.startswith("off"):
        raise SystemExit(f"bench: {name}: traced is {result['traced']} under {variant.title}")
    return result


def is_left_out(setting, variant, name):
    if HUGE in name:
        return setting.quick or variant.rounds < 1000
    # Only memtrace is started in the middle of a run.
    return name == "untracked_free" and not (variant.memtrace or variant.key == "plain")


def collect(setting, names):
    """{name: {clock: {variant: {round: ns}}}}"""
    results = {}
    for name in names:
        variants = [v for v in setting.variants if not is_left_out(setting, v, name)]
        if not variants:
            continue
        note(name)
        clocks = results[name] = {"cpu_ns": {}, "wall_ns": {}}
        for number in range(setting.rounds):
            for variant in setting.turns(variants, number):
                result = run_one(setting, variant, name)
                for clock, runs in clocks.items():
                    if result is not None:
                        runs.setdefault(variant.key, {})[number] = result[clock]
    return results


def lines(setting, results, titles, clock):
    others = setting.variants[1:]
    with_share = any(variant.key == "heaptrack" for variant in others)
    heads = ["ns per event", "plain", *(variant.title for variant in others)]
    rows = []
    for name, clocks in results.items():
        runs = clocks[clock]
        row = [titles[name], f"{min(runs['plain'].values()):.1f}"]
        row += [tables.show_added(tables.added(runs, variant.key)) for variant in others]
        if with_share:
            row.append(tables.share(tables.added(runs, "on"), tables.added(runs, "heaptrack")))
        rows.append(row)
    return tables.table([*heads, *(["on ÷ heaptrack"] if with_share else [])], rows)


def micro(setting):
    results = collect(setting, setting.wants("micro", list(TITLES)))
    return lines(setting, results, TITLES, "cpu_ns") if results else None


def threads(setting):
    results = collect(setting, setting.wants("threads", list(THREADS)))
    if not results:
        return None
    return ("Processor time:\n\n" + lines(setting, results, THREADS, "cpu_ns") +
            "\nElapsed time, divided by the events of all threads:\n\n" +
            lines(setting, results, THREADS, "wall_ns"))
