# SPDX-License-Identifier: MIT
"""The line that says what long work is at, for who waits at a terminal."""

import os

import gdb


def show(line):
    """`line` instead of the last one; an empty one takes that away."""
    if _is_plain_terminal():
        os.write(2, ("\r%s\x1b[K" % line).encode("utf-8", "backslashreplace"))


def _is_plain_terminal():
    # Not the TUI, which owns its screen, nor an editor's window that knows no control characters.
    if not os.isatty(2) or os.environ.get("TERM", "dumb") == "dumb":
        return False
    return "not active" in gdb.execute("info win", to_string=True)
