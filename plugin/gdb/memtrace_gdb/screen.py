# SPDX-License-Identifier: MIT
"""What a command's output is shown on. GDB does not say where it writes: a pipe of its own, a log
and a script that captures text are told apart by what else it says."""

import os

import gdb


def describe(typed):
    """(is a terminal, columns, wants style); `typed`: the user has typed the command."""
    if not typed or not os.isatty(1) or _setting("logging enabled"):
        return False, 0, False
    return True, _setting("width") or 0, bool(_setting("style enabled"))


def _setting(name):
    try:
        return gdb.parameter(name)
    except RuntimeError:
        return None  # of a newer GDB
