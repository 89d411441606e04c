# SPDX-License-Identifier: MIT
"""The two snapshots whose figures CPython's own tests pin (tracemalloc's unit fixture),
made from raw traces: frames most recent first."""

import memtrace

A2 = (("a.py", 2), ("b.py", 4))
A5 = (("a.py", 5), ("b.py", 4))
B1 = (("b.py", 1),)
C578 = (("c.py", 578),)
UNKNOWN = (("<unknown>", 0),)
LIMIT = 2

OLD = [(0, 10, A2, 3)] * 3 + [(1, 2, A5, 3), (2, 66, B1, 1), (3, 7, UNKNOWN, 1)]
NEW = [(0, 10, A2, 3)] * 3 + [(2, 2, A5, 3), (2, 5000, A5, 3), (4, 400, C578, 1)]


def snapshots():
    return memtrace.Snapshot(OLD, LIMIT), memtrace.Snapshot(NEW, LIMIT)


def traceback(*frames):
    """Of frames that are given most recent first."""
    return memtrace.Traceback(frames)


def rows(statistics):
    """(most recent frame, size, count) of each row."""
    return [(str(row.traceback[-1]), row.size, row.count) for row in statistics]


def changes(differences):
    return [
        (str(row.traceback[-1]), row.size, row.size_diff, row.count, row.count_diff)
        for row in differences
    ]
