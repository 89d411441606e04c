# SPDX-License-Identifier: MIT
"""What the next `run` starts with, through GDB's exec-wrapper.

`set environment LD_PRELOAD` would preload the shell that starts the program
too. The setting belongs to all inferiors, so there is one of these.
"""

import os
import shlex

import gdb

from . import interface
from .library import to_bytes


class Launch:
    def __init__(self, core):
        self._core = core
        self._theirs = None  # the wrapper before ours
        self._ours = None  # what we have set; None: nothing

    def prepare(self, library, start):
        """Sets the wrapper anew on top of what the user has."""
        current = gdb.parameter("exec-wrapper") or None
        if self._ours is None or current != self._ours:
            # Never set by us, or changed by the user since.
            self._theirs = current
        self._ours = None
        if library is None and start is None:
            self._set(self._theirs)
            return
        self._ours = self._composed(library, start)
        self._set(self._ours)

    def _composed(self, library, start):
        words = _env_words(self._theirs)
        assignments = []
        if library is not None:
            assignments.append("LD_PRELOAD=" + self._preloads(_preloaded(words), library))
        if start is not None:
            assignments.append("MEMTRACE=" + start)
        if self._theirs is None:
            return "env " + _quoted(assignments)
        if words is not None:
            return "%s %s" % (self._theirs, _quoted(assignments))
        # GDB runs `exec WRAPPER PROGRAM` in a shell and counts the execs until the
        # program: `WRAPPER env A=B PROGRAM` is one more than it expects. So the
        # shell, which is not preloaded itself, hands the variables to the wrapper.
        return "; %s exec %s" % (" ".join(_assignment(a) for a in assignments), self._theirs)

    def _preloads(self, current, library):
        texts = []
        add = interface.ADD_TEXT(lambda _, text: texts.append(text))
        self._core.mtc_preloads(to_bytes(current), None, to_bytes(library), add, None)
        return texts[0].decode("utf-8", "surrogateescape")

    @staticmethod
    def _set(wrapper):
        if wrapper is None:
            gdb.execute("unset exec-wrapper", to_string=True)
        else:
            gdb.execute("set exec-wrapper %s" % wrapper, to_string=True)


def _quoted(words):
    return " ".join(shlex.quote(word) for word in words)


def _assignment(text):
    name, value = text.split("=", 1)
    return "%s=%s" % (name, shlex.quote(value))


def _env_words(wrapper):
    """The words of a wrapper that is `env` with nothing but assignments, else None."""
    if wrapper is None:
        return None
    try:
        words = shlex.split(wrapper)
    except ValueError:
        return None
    if not words or os.path.basename(words[0]) != "env":
        return None
    return words if all("=" in word and word[0] != "-" for word in words[1:]) else None


def _preloaded(words):
    """What is preloaded already: by the user's wrapper, else by the environment."""
    for word in reversed(words or []):
        if word.startswith("LD_PRELOAD="):
            return word.partition("=")[2]
    text = gdb.execute("show environment LD_PRELOAD", to_string=True).rstrip("\n")
    return text.partition(" = ")[2] if text.startswith("LD_PRELOAD = ") else ""
