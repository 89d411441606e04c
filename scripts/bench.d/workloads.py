# SPDX-License-Identifier: MIT
"""Whole programs to be measured, and their input, made on the spot and the same each time.

A workload makes what it needs in a folder and returns the command, or None where its
program is not installed. The commands are the programs themselves, never a shell or a
wrapper: a tool that is preloaded must meet the program that allocates.
"""
import dataclasses
import json
import pathlib
import random
import shlex
import shutil
import subprocess
from typing import Callable, Optional

import interpreters


@dataclasses.dataclass(frozen=True)
class Workload:
    name: str
    prepare: Callable  # (folder) -> command or None
    drive: Optional[Callable] = None  # talks to the command while it runs, then ends it


def sqlite(folder):
    program = shutil.which("sqlite3")
    if program is None:
        return None
    source = random.Random(1)
    script = ["CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT, price REAL, note TEXT);",
              "CREATE TABLE sale (id INTEGER PRIMARY KEY, item INTEGER, amount INTEGER);", "BEGIN;"]
    for number in range(4000):
        script.append(f"INSERT INTO item VALUES ({number}, 'item {source.random()}', "
                      f"{source.randrange(10000) / 100}, printf('%0{source.randrange(10, 200)}d', 7));")
    for number in range(30000):
        script.append(f"INSERT INTO sale VALUES ({number}, {source.randrange(4000)}, "
                      f"{source.randrange(1, 9)});")
    script += ["COMMIT;", "CREATE INDEX sale_item ON sale (item);"]
    for number in range(30000):
        script.append(f"SELECT item.name, sum(amount), upper(substr(note, 1, 8)) FROM sale JOIN item "
                      f"ON item.id = sale.item WHERE item = {source.randrange(4000)} GROUP BY item.name;")
    for number in range(6):
        script.append("SELECT group_concat(name || price, ',') FROM item GROUP BY id % 37;")
        script.append("SELECT name, count(*) FROM item JOIN sale ON item.id = sale.item "
                      f"WHERE price > {number} GROUP BY name ORDER BY 2 DESC, 1 LIMIT 20;")
    (folder / "script.sql").write_text("\n".join(script) + "\n")
    return [program, ":memory:", ".read script.sql"]


CPLUSPLUS = """#include <algorithm>
#include <iostream>
#include <map>
#include <regex>
#include <string>
int main(int argc, char** argv) {
    std::map<std::string, std::regex> all;
    for (int i = 0; i < argc; ++i) all.emplace(argv[i], std::regex(argv[i]));
    std::vector<std::string> names;
    for (const auto& [name, expression] : all)
        if (std::regex_search(name, expression)) names.push_back(name);
    std::sort(names.begin(), names.end());
    for (const auto& name : names) std::cout << name << '\\n';
}
"""


def cc1plus(folder):
    driver = shutil.which("g++")
    if driver is None:
        return None
    done = subprocess.run([driver, "-print-prog-name=cc1plus"], capture_output=True, text=True,
                          check=True)
    program = done.stdout.strip()
    if not pathlib.Path(program).is_file():
        return None
    (folder / "regex.cpp").write_text(CPLUSPLUS)
    subprocess.run([driver, "-std=c++17", "-E", "regex.cpp", "-o", "regex.ii"], cwd=folder, check=True)
    return [program, "-quiet", "-O2", "-std=c++17", "-fpreprocessed", "regex.ii", "-o", "regex.s"]


def clang(folder):
    program = shutil.which("clang++")
    if program is None:
        return None
    (folder / "clang.cpp").write_text(CPLUSPLUS)
    shown = subprocess.run([program, "-std=c++17", "-O2", "-c", "clang.cpp", "-o", "clang.o", "-###"],
                           capture_output=True, text=True, cwd=folder, check=True).stderr
    # The compiler itself, which the driver would start as a process of its own.
    return shlex.split(next(line for line in shown.splitlines() if '"-cc1"' in line))


PYTHON = """
import json
words = ["word%d" % (i * 7919 % 5000) for i in range(60000)]
for turn in range(5):
    counts = {}
    for word in words:
        counts.setdefault(word, []).append(len(word))
    rows = [{"name": name, "sum": sum(sizes), "list": sizes[:5]} for name, sizes in counts.items()]
    text = json.dumps(rows)
    rows = json.loads(text)
    rows.sort(key=lambda row: (row["sum"], row["name"]))
    joined = ",".join(row["name"].upper() + str(row["sum"]) for row in rows)
    pairs = [tuple(part.split("D")) for part in joined.split(",")]
"""


def python(folder):
    program = shutil.which("python3")
    if program is None:
        return None
    (folder / "script.py").write_text(PYTHON)
    # -E would ignore PYTHONMALLOC; -I as well.
    return ["PYTHONMALLOC=malloc", "PYTHONHASHSEED=0", program, "-S", "script.py"]


def redis(folder):
    program = shutil.which("redis-server")
    if program is None or shutil.which("redis-benchmark") is None:
        return None
    return [program, "--port", "0", "--unixsocket", folder / "redis.socket", "--save", "",
            "--appendonly", "no", "--dir", folder]


def drive_redis(folder, process, environment):
    socket = str(folder / "redis.socket")
    client = ["redis-cli", "-s", socket]
    for _ in range(400):
        done = subprocess.run([*client, "ping"], capture_output=True, text=True, check=False,
                              env=environment)
        if "PONG" in done.stdout or process.poll() is not None:
            break
    subprocess.run(["redis-benchmark", "-s", socket, "-q", "-n", "80000", "-r", "50000", "-d",
                    "100", "-c", "10", "-P", "16", "-t", "set,get,lpush,sadd,hset,zadd"],
                   env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                   check=False)
    subprocess.run([*client, "shutdown", "nosave"], env=environment, check=False,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def jq(folder):
    program = shutil.which("jq")
    if program is None:
        return None
    source = random.Random(2)
    rows = [{"id": number, "name": f"name {source.random()}", "value": source.randrange(1000),
             "tags": [f"tag{source.randrange(50)}" for _ in range(source.randrange(6))]}
            for number in range(25000)]
    (folder / "rows.json").write_text(json.dumps(rows))
    return [program, "-c", "map(select(.value > 100) | {n: (.name | ascii_upcase), t: (.tags | unique)})"
            " | group_by(.t | length) | map({k: length, first: .[0]})", "rows.json"]


def git(folder):
    program = shutil.which("git")
    if program is None:
        return None
    source = random.Random(3)
    files = {f"src/part{part}/file{number}.txt":
             [f"line {line} {source.random()}" for line in range(200)]
             for part in range(6) for number in range(8)}
    stream = []
    for commit in range(1200):
        changed = list(files) if commit == 0 else source.sample(list(files), 3)
        text = f"change {commit}\n"
        stream.append(f"commit refs/heads/main\ncommitter A <a@example.org> {1600000000 + commit} "
                      f"+0000\ndata {len(text)}\n{text}\n")
        for name in changed:
            if commit:
                for _ in range(5):
                    files[name][source.randrange(200)] = f"changed in {commit} {source.random()}"
            content = "\n".join(files[name]) + "\n"
            stream.append(f"M 100644 inline {name}\ndata {len(content)}\n{content}\n")
    repository = folder / "repository"
    shutil.rmtree(repository, ignore_errors=True)
    subprocess.run([program, "init", "-q", "-b", "main", repository], check=True)
    subprocess.run([program, "-C", repository, "fast-import", "--quiet"], check=True,
                   input="".join(stream).encode())
    return ["GIT_CONFIG_NOSYSTEM=1", f"HOME={folder}", program, "-C", repository, "log", "-p", "-M",
            "--stat", "--no-color", "main"]


def xz(folder):
    program = shutil.which("xz")
    if program is None:
        return None
    source = random.Random(4)
    (folder / "text").write_text("".join(
        f"{source.randrange(10**6)} {'abcdefghij'[source.randrange(10):]}\n" for _ in range(150000)))
    return [program, "-6", "-T1", "-k", "-c", "text"]


WORKLOADS = [
    Workload("sqlite3", sqlite),
    Workload("cc1plus -O2", cc1plus),
    Workload("python3, PYTHONMALLOC=malloc", python),
    Workload("redis-server", redis, drive_redis),
    Workload("jq", jq),
    Workload("git log -p", git),
    Workload("xz -6", xz),
    Workload("clang -O2", clang),
    *(Workload(name, prepare) for name, prepare in interpreters.INTERPRETERS),
]
