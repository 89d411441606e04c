#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# python3: json, regular expressions, threads, subprocesses, pools by fork and by spawn
# needs: /usr/bin/python3
# part: small
set -euo pipefail
export PYTHONHASHSEED=0 PYTHONDONTWRITEBYTECODE=1

cat >work.py <<'PYTHON'
import concurrent.futures, json, multiprocessing, re, subprocess, sys, threading, zlib

def part(number):
    rows = [{"name": "n%d" % (i * 7919 % 503), "list": list(range(i % 9))} for i in range(number)]
    text = json.dumps(rows, sort_keys=True)
    assert json.loads(text) == rows
    return number, len(re.findall(r"n\d+1", text)), zlib.crc32(zlib.compress(text.encode()))

def main():
    sums, lock = [], threading.Lock()
    def run(number):
        result = part(number)
        with lock:
            sums.append(result)
    threads = [threading.Thread(target=run, args=(300 + i,)) for i in range(12)]
    for t in threads: t.start()
    for t in threads: t.join()
    print(sorted(sums))
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        print(list(pool.map(part, range(100, 140))))
    for how in ("fork", "spawn", "forkserver"):
        with multiprocessing.get_context(how).Pool(2) as pool:
            print(how, pool.map(part, range(50, 60)))
    for code in ("print(6 * 7)", "import sys; sys.exit(3)", "import os; os.kill(os.getpid(), 15)"):
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
        print(done.returncode, done.stdout, done.stderr)
    raise ValueError("the end is a traceback, on purpose")

if __name__ == "__main__":
    main()
PYTHON
/usr/bin/python3 work.py || echo "status $?"
echo finished
