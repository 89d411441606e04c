# SPDX-License-Identifier: MIT
"""Processor time and peak memory of whole programs, plain and under each variant."""
import statistics

import tables
import workloads
from setting import note
from variants import recording_variant


def run_one(setting, variant, workload, command):
    process = setting.start(variant, command)
    try:
        if workload.drive is not None:
            workload.drive(setting.work, process, setting.environment)
        return setting.usage(process)
    finally:
        process.kill()  # when interrupted; takes the command with it


def collect(setting, variants, wanted):
    """{name: {"cpu"|"peak": {variant: {round: value}}}}, and what could not run."""
    results, remarks = {}, []
    for workload in workloads.WORKLOADS:
        if workload.name not in wanted:
            continue
        command = workload.prepare(setting.work)
        if command is None:
            remarks.append(f"{workload.name}: not installed")
            continue
        note(workload.name)
        runs = {"cpu": {}, "peak": {}}
        failed = set()
        for number in range(setting.rounds):
            for variant in setting.turns(variants, number):
                usage = run_one(setting, variant, workload, command)
                if usage is None or usage.status != 0:
                    failed.add(variant.title)
                    continue
                runs["cpu"].setdefault(variant.key, {})[number] = usage.cpu
                runs["peak"].setdefault(variant.key, {})[number] = usage.peak_kib / 1024
        if "plain" in failed:
            raise SystemExit(f"bench: {workload.name} fails by itself")
        if failed & {"off", "on", "on, sampled"}:
            raise SystemExit(f"bench: {workload.name} fails under memtrace")
        remarks += [f"{workload.name} fails under {title}" for title in sorted(failed)]
        results[workload.name] = runs
    return results, remarks


def time_table(variants, results):
    others = variants[1:]
    with_share = any(variant.key == "heaptrack" for variant in others)
    rows = []
    for name, runs in results.items():
        cpu = runs["cpu"]
        row = [name, f"{min(cpu['plain'].values()):.2f} s"]
        row += [tables.show_ratio(tables.ratio(cpu, variant.key)) for variant in others]
        if with_share:
            row.append(tables.share(tables.added(cpu, "on"), tables.added(cpu, "heaptrack")))
        rows.append(row)
    heads = ["processor time, times plain", "plain", *(variant.title for variant in others)]
    return tables.table([*heads, *(["on ÷ heaptrack"] if with_share else [])], rows)


def peak_table(variants, results):
    kept = [variant for variant in variants
            if variant.key in ("plain", "on", "sampled", "heaptrack")]
    rows = [[name, *(f"{statistics.median(runs['peak'][variant.key].values()):.1f}"
                     if variant.key in runs["peak"] else "–" for variant in kept)]
            for name, runs in results.items()]
    return tables.table(["peak resident MiB", *(variant.title for variant in kept)], rows)


def programs(setting):
    names = [workload.name for workload in workloads.WORKLOADS]
    wanted = setting.wants("programs", names)
    if not wanted:
        return None
    # A tool that takes microseconds for an event takes minutes for a program, and says nothing
    # that the table of events does not.
    variants = [variant for variant in setting.variants if not variant.is_slow]
    recording, why_not = recording_variant(setting) if setting.peers else (None, None)
    if recording is not None:
        variants.append(recording)
    results, remarks = collect(setting, variants, wanted)
    if why_not is not None:
        remarks.append(why_not)
    text = time_table(variants, results) + "\n" + peak_table(variants, results)
    if remarks:
        text += "\n" + "".join(f"- {remark}\n" for remark in remarks)
    return text
