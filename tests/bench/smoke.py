#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""smoke.py FOLDER RUNTIME: one short pass of each benchmark under the traced runtime.

Fails when a benchmark is skipped, was not traced, made no event, or left an error. The
figures themselves are not judged: a machine that tests is busy.
"""
import json
import os
import subprocess
import sys

LIVE = "10000000"  # too many blocks for a test


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
    blocks = json.loads(run(folder, runtime, "block_memory", "100000", "64"))
    check(blocks["traced"] == 1 and blocks["tracer_bytes"] > 0, f"block_memory: {blocks}")
    check(blocks["resident_bytes"] > 6_400_000, f"block_memory: {blocks}")
    print(f"{len(names) + 2} benchmarks ran")


if __name__ == "__main__":
    main()
