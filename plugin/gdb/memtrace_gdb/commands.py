# SPDX-License-Identifier: MIT
"""The commands `mt VERB` and `memtrace VERB`, and the convenience functions.

Words are passed on as they were typed; the core knows what they mean.
"""

import gdb

from . import expressions, library

_HELP = """Trace memory allocations of the program (memtrace).

mt VERB [ARGUMENTS]; `mt` alone shows the status.
In GDB `mt` was an abbreviation of `maintenance`: a word that is none of the
verbs below is still handed on to it."""


class _Family(gdb.Command):
    """The prefix, and everything that is not one of its registered verbs."""

    def __init__(self, name, sessions):
        super().__init__(name, gdb.COMMAND_DATA, gdb.COMPLETE_NONE, True)
        self._sessions = sessions

    def invoke(self, arguments, from_tty):
        session = self._sessions.current()
        if not session.run(arguments, from_tty):
            _maintenance(arguments, from_tty, session.error())


class _Verb(gdb.Command):
    def __init__(self, family, verb, help_text, sessions):
        self.__doc__ = help_text
        super().__init__("%s %s" % (family, verb), gdb.COMMAND_DATA)
        self._verb = verb
        self._sessions = sessions

    def invoke(self, arguments, from_tty):
        self._sessions.current().run(("%s %s" % (self._verb, arguments)).rstrip(), from_tty)

    def complete(self, text, word):
        # `-` and `=` break words for GDB: `word` is then the end of the last one.
        last = text.split(" ")[-1]
        words = self._sessions.current().complete("%s %s" % (self._verb, text))
        skipped = len(last) - len(word) if word is not None else 0
        return [whole[skipped:] for whole in words if whole.startswith(last)]


class _Figure(gdb.Function):
    """One of two numbers. While nothing is traced they are 0, as tracemalloc.get_traced_memory()
    has it: a breakpoint's condition may be asked before the start."""

    def __init__(self, name, help_text, position, ask):
        self.__doc__ = help_text
        super().__init__(name)
        self._position = position
        self._ask = ask

    def invoke(self, *values):
        figures = self._ask(*values)
        return 0 if figures is None else figures[self._position]


def _maintenance(line, from_tty, unknown):
    try:
        gdb.execute("maintenance " + line, from_tty)
    except gdb.error as error:
        if not str(error).startswith("Undefined maintenance command"):
            raise
        raise gdb.GdbError(unknown) from None


def register(core, sessions):
    for family in ("mt", "memtrace"):
        # GDB reads the text from the class and keeps it.
        _Family.__doc__ = _HELP
        _Family(family, sessions)
        for verb, text in _verbs(core):
            _Verb(family, verb, text, sessions)

    def traced():
        return sessions.current().traced_memory()

    def block(pointer):
        return sessions.current().block(expressions.described(pointer))

    for position, name, help_text, ask in (
        (0, "_mt_current", "(): bytes traced now; 0 while nothing is traced.", traced),
        (1, "_mt_peak", "(): bytes traced at the peak; 0 while nothing is traced.", traced),
        (
            0,
            "_mt_block",
            "(POINTER): where the live block that holds it begins; 0 if none is known.",
            block,
        ),
        (
            1,
            "_mt_block_size",
            "(POINTER): bytes of the live block that holds it; 0 if none is known.",
            block,
        ),
    ):
        _Figure(name, "$%s %s" % (name, help_text), position, ask)


def _verbs(core):
    index = 0
    while True:
        verb = core.mtc_verb(index)
        if verb is None:
            return
        summary = library.to_text(core.mtc_verb_summary(index))
        details = library.to_text(core.mtc_verb_help(index))
        yield library.to_text(verb), "%s\n\n%s" % (summary.rstrip("."), details)
        index += 1
