# SPDX-License-Identifier: MIT
"""Trace and the sequence of them. Raw traces are tuples (domain, size, frames,
total_nframe) as in tracemalloc; those of a program come from the core by pages."""

from collections.abc import Sequence

from ._frames import Tables, Traceback

_PAGE = 20000  # traces of one answer: a quarter of a second of text


class Trace:
    """One live block."""

    __slots__ = ("_trace",)

    def __init__(self, trace):
        self._trace = trace

    @property
    def domain(self):
        return self._trace[0]

    @property
    def size(self):
        return self._trace[1]

    @property
    def traceback(self):
        return Traceback(*self._trace[2:])

    def __eq__(self, other):
        if not isinstance(other, Trace):
            return NotImplemented
        return self._trace == other._trace

    def __hash__(self):
        return hash(self._trace)

    def __str__(self):
        from ._statistics import format_size

        return "%s: %s" % (self.traceback, format_size(self.size, False))

    def __repr__(self):
        return "<Trace domain=%s size=%s, traceback=%r>" % (
            self.domain,
            self.size,
            self.traceback,
        )


class Traces(Sequence):
    """Snapshot.traces: Trace objects over raw traces."""

    def __init__(self, traces):
        self._traces = traces

    def __len__(self):
        return len(self._traces)

    def __getitem__(self, index):
        if isinstance(index, slice):
            return tuple(Trace(trace) for trace in self._traces[index])
        return Trace(self._traces[index])

    def __contains__(self, trace):
        return trace._trace in self._traces

    def __eq__(self, other):
        if not isinstance(other, Traces):
            return NotImplemented
        mine, theirs = self._traces, other._traces
        return len(mine) == len(theirs) and all(a == b for a, b in zip(mine, theirs))

    __hash__ = None

    def __repr__(self):
        return "<Traces len=%s>" % len(self)


class PagedTraces(Sequence):
    """Raw traces that are fetched when they are looked at.

    `fetch(first, count)` answers the query "traces". One page is remembered.
    """

    def __init__(self, fetch):
        self._fetch = fetch
        self._length = None
        self._first = 0
        self._page = []
        self._interned = {}

    def __len__(self):
        if self._length is None:
            self._length = self._fetch(0, 0)["total"]
        return self._length

    def __getitem__(self, index):
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        if index < 0:
            index += len(self)
        if not 0 <= index < len(self):
            raise IndexError("trace index out of range")
        if not self._first <= index < self._first + len(self._page):
            self._load(index - index % _PAGE)
        return self._page[index - self._first]

    def _load(self, first):
        answer = self._fetch(first, _PAGE)
        tables = Tables(answer)
        # One object per traceback, on all pages.
        frames = [self._interned.setdefault(raw, raw) for raw in map(tables.raw, range(len(tables)))]
        self._page = [
            (domain, size, frames[number], total) for domain, size, number, total in answer["rows"]
        ]
        self._first = first


class ChosenTraces(Sequence):
    """Those of a script's own raw traces that the core has chosen."""

    def __init__(self, traces, fetch):
        self._own = traces
        self._fetch = fetch
        self._chosen = None

    def _positions(self):
        if self._chosen is None:
            chosen, total = [], 1
            while len(chosen) < total:
                answer = self._fetch(len(chosen), 1000000)
                chosen += answer["positions"]
                total = answer["total"]
            self._chosen = chosen
        return self._chosen

    def __len__(self):
        return len(self._positions())

    def __getitem__(self, index):
        chosen = self._positions()[index]
        if isinstance(index, slice):
            return [self._own[position] for position in chosen]
        return self._own[chosen]
