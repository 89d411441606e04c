#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# python3's own tests: of json, threads, subprocesses, multiprocessing; which ran, and how they ended
# needs: /usr/lib/python3.11/test/test_json
# fault: 6 (some test how one that aborts is seen)
# untraced: python3 (some tests empty the environment)
set -euo pipefail
export PYTHONDONTWRITEBYTECODE=1

# Without times, and what tests print of their own.
tests() {
    /usr/bin/python3 -m test -v "$@" 2>&1 | grep -E '^(test_|Ran |OK|FAILED|ERROR|Tests result)' |
        sed -E 's/ \.\.\. .*//; s/ in [0-9.]+m?s$//'
}

tests test_json test_threading test_subprocess test_threadedtempfile
# Of this one what does not mostly sleep.
for group in Queue Lock Condition Value Array PoolWorkerLifetime Connection; do
    tests test_multiprocessing_fork -m "*WithProcessesTest$group.*"
done
echo finished
