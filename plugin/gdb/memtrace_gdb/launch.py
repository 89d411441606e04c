# SPDX-License-Identifier: MIT
"""What the next `run` starts with, through GDB's exec-wrapper.

`set environment LD_PRELOAD` would preload the shell that starts the program
too. The setting belongs to all inferiors, so there is one of these.
"""

import os
import re
import shlex

import gdb


class Launch:
    def __init__(self):
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
        self._ours = _compose(self._theirs, library, start)
        self._set(self._ours)

    @staticmethod
    def _set(wrapper):
        if wrapper is None:
            gdb.execute("unset exec-wrapper", to_string=True)
        else:
            gdb.execute("set exec-wrapper %s" % wrapper, to_string=True)


def _compose(wrapper, library, start):
    words = _env_words(wrapper)
    assignments = []
    if library is not None:
        # First, so that another allocator in the list is the one that we call.
        others = [entry for entry in _preloaded(words) if entry != library]
        assignments.append("LD_PRELOAD=" + ":".join([library] + others))
    if start is not None:
        assignments.append("MEMTRACE=" + start)
    if wrapper is None:
        return "env " + _quoted(assignments)
    if words is not None:
        return "%s %s" % (wrapper, _quoted(assignments))
    # GDB runs `exec WRAPPER PROGRAM` in a shell and counts the execs until the
    # program: `WRAPPER env A=B PROGRAM` is one more than it expects. So the
    # shell, which is not preloaded itself, hands the variables to the wrapper.
    return "; %s exec %s" % (" ".join(_assignment(a) for a in assignments), wrapper)


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
            return _entries(word)
    text = gdb.execute("show environment LD_PRELOAD", to_string=True).rstrip("\n")
    return _entries(text) if text.startswith("LD_PRELOAD = ") else []


def _entries(assignment):
    # The dynamic linker separates by colon or space.
    value = assignment.partition("=")[2]
    return [entry for entry in re.split("[: ]+", value) if entry]
