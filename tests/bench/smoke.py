#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""smoke.py FOLDER RUNTIME: one short pass of each benchmark under the traced runtime.

Fails when a benchmark is skipped, was not traced, made no event, or left an error. The
figures themselves are not judged, for a machine that tests is busy; but for those of memory.
"""
import json
import os
import subprocess
import sys

LIVE = "10000000"  # too many blocks for a test
# Blocks, their size, and the bytes of the table that one may take (docs/decisions/0009-granules.md).
MEMORY = ((500000, 24, 16), (500000, 64, 25), (100000, 256, 25), (100000, 1024, 102))


def run(folder, runtime, program, *arguments):
    environment = {**os.environ, "LD_PRELOAD": runtime, "MEMTRACE": "32"}
    done = subprocess.run([os.path.join(folder, program), *arguments], env=environment,
                          capture_output=True, text=True, timeout=60, check=False)
    if done.returncode != 0:
        sys.exit(f"{program} {' '.join(arguments)}: exit status {done.returncode}\n{done.stderr}")
    return done.stdout


def check(condition, what):
    if not condition:
        sys.exit(what)


def main():
    folder, runtime = sys.argv[1:]
    names = run(folder, runtime, "alloc_bench", "--benchmark_list_tests").split()
    names = [name for name in names if LIVE not in name]
    check(len(names) > 15, f"alloc_bench lists only {names}")
    report = json.loads(run(folder, runtime, "alloc_bench", f"--benchmark_filter=-{LIVE}",
                            "--benchmark_min_time=0.001", "--benchmark_format=json"))
    results = {result["name"]: result for result in report["benchmarks"]}
    check(sorted(results) == sorted(names), f"ran {sorted(results)}, not {sorted(names)}")
    for name, result in results.items():
        check(not result.get("error_occurred"), f"{name}: {result.get('error_message')}")
        check(result["traced"] == 1, f"{name}: was not traced")
        check(0 < result["cpu_ns"] < 1e6, f"{name}: {result['cpu_ns']} ns for an event")
        if name.startswith("pair/"):
            check(result["depth"] == int(name.split("/")[1]), f"{name}: ran at {result['depth']}")

    events = json.loads(run(folder, runtime, "latency", "10000", "20000"))
    check(events["traced"] == 1 and events["events"] == 40000, f"latency: {events}")
    check(sum(events["octaves_from_16ns"]) == 40000, f"latency: {events}")
    check(0 < events["p50"] <= events["p99.9"] <= 2 * events["slowest"], f"latency: {events}")
    for count, size, most in MEMORY:
        blocks = json.loads(run(folder, runtime, "block_memory", str(count), str(size)))
        check(blocks["traced"] == 1, f"block_memory: {blocks}")
        check(blocks["resident_bytes"] > count * size, f"block_memory: {blocks}")
        check(0 < blocks["tracer_bytes"] < count * most, f"block_memory, above {most}: {blocks}")
    print(f"{len(names) + 1 + len(MEMORY)} benchmarks ran")


if __name__ == "__main__":
    main()
