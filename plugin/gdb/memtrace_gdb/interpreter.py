# SPDX-License-Identifier: MIT
"""Whom GDB talks to: a person at a terminal, or an editor by its machine interface (MI)."""

_LONG = "interpreter"


def speaks_mi():
    """Whether GDB was started for an editor: `-i=mi`, `--interpreter mi3`, or as GDB lets one
    shorten it. An editor's second window (`new-ui mi`) is not seen: Python has no question for it."""
    try:
        with open("/proc/self/cmdline", encoding="utf-8", errors="replace") as file:
            words = file.read().split("\0")
    except OSError:
        return False
    return _asks_for_mi(words[1:])


def _asks_for_mi(words):
    for word, after in zip(words, words[1:] + [""]):
        if word.lstrip("-") == "args":
            return False  # what follows is the program's
        name, equals, value = word.partition("=")
        is_option = name.startswith("-") and name.strip("-")
        if is_option and _LONG.startswith(name.lstrip("-")):
            if (value if equals else after).startswith("mi"):
                return True
    return False
