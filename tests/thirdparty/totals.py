#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Whole programs' totals: ours against Valgrind's "total heap usage", to the byte.

    totals.py --watched FILE --runtime FILE --programs FOLDER NAME

Both count a realloc as a block less and a block more, memory from before main, what libc
and the loader allocate through malloc, and nothing that libc would free after the end
(--run-libc-freeres=no, --run-cxx-freeres=no; memtrace runs nothing there). What is left
stands with each program: a correction that was worked out, not measured. The environment is
not part of a program's totals as long as it copies none, so programs that do (a shell, perl,
git) are not here. Exit status 77: not everything is installed.
"""
import argparse
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

from run import SKIPPED, fail, root_of
from program import SEARCHED

PROTO = pathlib.Path(__file__).resolve().parent.parent / "data" / "profile.proto"
SQL = """CREATE TABLE t (i INTEGER PRIMARY KEY, name TEXT);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4000)
INSERT INTO t SELECT i, printf('%0*d', i % 150, 7) || i * 7919 % 5003 FROM n;
CREATE INDEX t_name ON t (name);
SELECT group_concat(name, ',') FROM t GROUP BY i % 37;
"""
# Name: command, bytes that memtrace counts beyond Valgrind's.
CASES = {
    # C, many reallocs.
    "sqlite3": (["sqlite3", ":memory:", ".read work.sql"], 0),
    "sed": (["sed", "-E", "s/([0-9])+/<\\1>/g;$!N;P;D", "lines"], 0),
    # C++, 130 000 blocks by way of operator new.
    "protoc": (["protoc", "--cpp_out=.", "profile.proto"], 0),
    "xz": (["xz", "-T1", "-0", "-c", "many"], 0),
    # One thread more, by the number of lines. The loader's vector of thread-local storage,
    # which is calloc'ed for it, has 16 bytes for each module that has any: libc, and
    # libmemtrace.so.
    "sort": (["sort", "--parallel=2", "-S", "20M", "many"], 16),
    # Valgrind stands in for operator new, memtrace for malloc. 100 times: of 0 bytes, twice
    # (libstdc++ asks for 1); of 70 at 64 (it asks for 128).
    "new_sizes": (["new_sizes"], 100 * (2 * 1 + 128 - 70)),
}


def prepare(work):
    (work / "work.sql").write_text(SQL)
    shutil.copy(PROTO, work)
    (work / "lines").write_text("".join(f"{i * 7919 % 60013} line {i}\n" for i in range(4000)))
    (work / "many").write_text("".join(f"{i * 7919 % 600011}\n" for i in range(140000)))


def run(command, work):
    done = subprocess.run([str(word) for word in command], cwd=work, stdin=subprocess.DEVNULL,
                          env={"PATH": SEARCHED, "LC_ALL": "C.UTF-8", "HOME": str(work)},
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=240, check=False)
    return done.stdout


def by_valgrind(command, work):
    run(["valgrind", "--run-libc-freeres=no", "--run-cxx-freeres=no", "--log-file=log", *command],
        work)
    found = re.search(r"total heap usage: ([\d,]+) allocs, ([\d,]+) frees, ([\d,]+) bytes",
                      (work / "log").read_text())
    if found is None:
        fail(f"Valgrind says nothing:\n{(work / 'log').read_text()}")
    return [int(number.replace(",", "")) for number in found.groups()]


def by_memtrace(options, command, work):
    run([options.watched, "report", "240", root_of(options.runtime), "env",
         f"LD_PRELOAD={options.runtime}", "MEMTRACE=32", *command], work)
    report = json.loads((work / "report").read_text())
    processes = report["processes"]
    if len(processes) != 1 or not processes[0]["traced"] or processes[0]["losses"]:
        fail(f"this is no figure to compare: {report}")
    return [processes[0][key] for key in ("allocations", "frees", "bytes")]


def main():
    parser = argparse.ArgumentParser()
    for name in ("watched", "runtime", "programs"):
        parser.add_argument("--" + name, required=True, type=lambda text: pathlib.Path(text).resolve())
    parser.add_argument("name", choices=CASES)
    options = parser.parse_args()
    command, beyond = CASES[options.name]
    search = f"{options.programs}:{SEARCHED}"
    missing = [word for word in ("valgrind", command[0]) if shutil.which(word, path=search) is None]
    if missing:
        print(f"not here: {' '.join(missing)} (scripts/setup)")
        return SKIPPED
    command = [shutil.which(command[0], path=search), *command[1:]]
    with tempfile.TemporaryDirectory(prefix="memtrace-totals-") as folder:
        work = pathlib.Path(folder)
        prepare(work)
        theirs, ours = by_valgrind(command, work), by_memtrace(options, command, work)
    print(f"{options.name}: Valgrind {theirs}, memtrace {ours}, of which beyond: {beyond} bytes")
    return 0 if ours == [theirs[0], theirs[1], theirs[2] + beyond] and ours[0] > 10 else 1


if __name__ == "__main__":
    sys.exit(main())
