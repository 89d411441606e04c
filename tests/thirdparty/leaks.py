#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What programs have lost when they end: by mt leaks, by memcheck, by LeakSanitizer.

    leaks.py --stage FOLDER --programs FOLDER [--lsan FILE] [--check] [NAME…]

Each runs the same command once with the same environment, and looks when it ends: memtrace
at `mt break --exit` in GDB, Valgrind and LeakSanitizer by themselves, without freeing what
libc would free. The table has blocks and bytes; docs/leaks.md explains the differences. --check:
the exit status is 1 where they do not agree on what is lost. Exit status 77: not everything is
installed.
"""
import argparse
import json
import pathlib
import re
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

from program import SEARCHED

SKIPPED = 77
DEADLINE = 240
LSAN = "/usr/lib/x86_64-linux-gnu/liblsan.so.0"
KINDS = ("definite", "indirect", "possible", "reachable")

SQL = """CREATE TABLE t (i INTEGER PRIMARY KEY, name TEXT);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4000)
INSERT INTO t SELECT i, printf('%0*d', i % 150, 7) || i * 7919 % 5003 FROM n;
CREATE INDEX t_name ON t (name);
SELECT group_concat(name, ',') FROM t GROUP BY i % 37;
"""
# Programs of our own tests: their words.
OWN = {
    "lesson_leak": [],
    "leaky": ["list", "{programs}/libleaky_library.so"],
    "leaky_optimised": ["list", "{programs}/libleaky_library.so"],
    "planted": ["commands", "list", "{programs}/libleaky_library.so"],
}
OTHERS = {
    "sqlite3": ["sqlite3", ":memory:", ".read work.sql"],
    "jq": ["jq", "[.[] | {n: .name, s: (.tags | join(\",\"))}] | group_by(.s) | length", "work.json"],
    "git": ["git", "--no-pager", "-C", "repository", "log", "--stat"],
    "python3": ["python3", "-X", "importtime", "-c", "import json"],
    "redis": ["redis-server", "--port", "0", "--unixsocket", "{work}/socket", "--save", ""],
}


def prepare(work):
    (work / "work.sql").write_text(SQL)
    (work / "work.json").write_text(json.dumps(
        [{"name": f"item {i}", "tags": [str(i % 7), str(i % 3)]} for i in range(2000)]))
    script = """set -e
git init -q repository; cd repository; git config user.name N; git config user.email e@example
for i in 1 2 3 4 5 6; do seq $i $((i * 50)) >f$i; git add .; git commit -qm "change $i"; done"""
    subprocess.run(["bash", "-c", script], cwd=work, env=environment(work), check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def environment(work, **more):
    return {"PATH": SEARCHED, "LC_ALL": "C.UTF-8", "HOME": str(work), "PYTHONMALLOC": "malloc",
            "PYTHONDONTWRITEBYTECODE": "1", **more}


def use_server(path, stop):
    """Some commands for a server on a socket, then the one that ends it."""
    commands = [f"SET k{i} {'v' * (i % 90 + 1)}" for i in range(400)]
    commands += [f"LPUSH l{i % 9} {i}" for i in range(400)] + ["SHUTDOWN NOSAVE"]
    while not stop.is_set():
        try:
            with socket.socket(socket.AF_UNIX) as client:
                client.connect(str(path))
                client.sendall("".join(f"{one}\r\n" for one in commands).encode())
                while client.recv(65536):
                    pass
                return
        except OSError:
            time.sleep(0.1)


def run(command, work, output=subprocess.DEVNULL, **more):
    """What it writes to `output`; by itself nothing, as under GDB."""
    stop = threading.Event()
    (work / "socket").unlink(missing_ok=True)
    client = threading.Thread(target=use_server, args=(work / "socket", stop))
    client.start()
    try:
        return subprocess.run([str(word) for word in command], cwd=work, stdin=subprocess.DEVNULL,
                              env=environment(work, **more), stdout=output,
                              stderr=subprocess.STDOUT, timeout=DEADLINE, check=False).stdout
    finally:
        stop.set()
        client.join()


def by_memtrace(options, command, work):
    """[(blocks, bytes)] of KINDS, and the remarks."""
    steps = ["set confirm off", "set debuginfod enabled off",
             f"source {options.stage}/share/memtrace/gdb/memtrace.py", "mt preload", "mt start 8",
             "mt break --exit", f"run {shlex.join(command[1:])} >/dev/null 2>&1",
             "mt leaks --json -n 1"]
    words = [word for step in steps for word in ("-ex", step)]
    said = run(["gdb", "-nx", "-batch", *words, command[0]], work,
               subprocess.PIPE).decode(errors="replace")
    at = said.find("\n{\n")
    if at < 0:
        raise SystemExit(f"memtrace says nothing of {command[0]}:\n{said}")
    report, _ = json.JSONDecoder().raw_decode(said[at + 1:])
    found = report["leaks"]
    return [(found[kind]["count"], found[kind]["size"]) for kind in KINDS], report["remarks"]


def by_valgrind(command, work):
    run(["valgrind", "--leak-check=full", "--show-leak-kinds=none", "--run-libc-freeres=no",
         "--run-cxx-freeres=no", "--log-file=log", *command], work)
    log = (work / "log").read_text()
    if "no leaks are possible" in log:
        return [(0, 0)] * 4
    found = []
    for words in ("definitely lost", "indirectly lost", "possibly lost", "still reachable"):
        match = re.search(rf"{words}: ([\d,]+) bytes in ([\d,]+) blocks", log)
        if match is None:
            raise SystemExit(f"Valgrind says nothing of {command[0]}:\n{log}")
        size, count = (int(number.replace(",", "")) for number in match.groups())
        found.append((count, size))
    return found


def by_sanitizer(options, command, work):
    """Direct and indirect leaks; it makes no other difference."""
    for old in work.glob("lsan.*"):
        old.unlink()
    run(command, work, LD_PRELOAD=str(options.lsan),
        LSAN_OPTIONS=f"exitcode=0:log_path={work}/lsan")
    sums = {"Direct": [0, 0], "Indirect": [0, 0]}
    for log in work.glob("lsan.*"):
        text = log.read_text()
        if "has encountered a fatal error" in text:
            raise SystemExit(f"LeakSanitizer cannot look into {command[0]}:\n{text}")
        for kind, size, count in re.findall(
                r"^(Direct|Indirect) leak of (\d+) byte\(s\) in (\d+) object\(s\)", text, re.M):
            sums[kind][0] += int(count)
            sums[kind][1] += int(size)
    return [tuple(sums["Direct"]), tuple(sums["Indirect"])]


def command_of(name, options, work):
    words = [options.programs / name, *OWN[name]] if name in OWN else OTHERS[name]
    for name, folder in (("{programs}", options.programs), ("{work}", work)):
        words = [str(word).replace(name, str(folder)) for word in words]
    return [shutil.which(words[0], path=SEARCHED) or words[0], *words[1:]]


def shown(pairs):
    return " | ".join(f"{count}, {size}" for count, size in pairs)


def lost(found):
    return tuple(definite + indirect for definite, indirect in zip(found[0], found[1]))


def row(name, options, work):
    """True: all three agree on what is lost."""
    command = command_of(name, options, work)
    ours, remarks = by_memtrace(options, command, work)
    theirs = by_valgrind(command, work)
    sanitizer = by_sanitizer(options, command, work)
    print(f"| {name} | memtrace | {shown(ours)} |")
    print(f"| | memcheck | {shown(theirs)} |")
    print(f"| | LeakSanitizer | {shown(sanitizer)} | | |", flush=True)
    for remark in remarks:
        print(f"{name}: {remark['text']}", file=sys.stderr)
    return len({lost(found) for found in (ours, theirs, sanitizer)}) == 1


def main():
    parser = argparse.ArgumentParser()
    for name in ("stage", "programs"):
        parser.add_argument("--" + name, required=True,
                            type=lambda text: pathlib.Path(text).resolve())
    parser.add_argument("--lsan", default=LSAN, type=pathlib.Path)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("names", nargs="*", metavar="NAME")
    options = parser.parse_args()
    names = options.names or [*OWN, *OTHERS]
    needed = ["valgrind", "gdb", "git", *(OTHERS[name][0] for name in names if name in OTHERS)]
    missing = [word for word in needed if shutil.which(word, path=SEARCHED) is None]
    missing += [] if options.lsan.exists() else [str(options.lsan)]
    if missing:
        print(f"not here: {' '.join(missing)} (scripts/setup)")
        return SKIPPED
    print("| program | by | definite | indirect | possible | reachable |\n|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory(prefix="memtrace-leaks-") as folder:
        work = pathlib.Path(folder)
        prepare(work)
        agree = [row(name, options, work) for name in names]
    return 0 if all(agree) or not options.check else 1


if __name__ == "__main__":
    sys.exit(main())
