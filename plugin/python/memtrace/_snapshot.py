# SPDX-License-Identifier: MIT
"""Snapshot. The traces stay in the core: here are a handle and the filters on it."""

import json
import os
import tempfile
import weakref
from collections.abc import Iterable

from . import _connection
from ._filters import BaseFilter
from ._frames import Tables
from ._statistics import Statistic, StatisticDiff
from ._traces import ChosenTraces, PagedTraces, Traces

_OWN = ("traces", "traceback_limit")


class _Held:
    """A snapshot in the core; let go when the last Python object that means it is."""

    def __init__(self, connection, handle):
        self.connection = connection
        self.handle = handle
        # At the debugger's exit the core goes as a whole.
        weakref.finalize(self, connection.release, handle).atexit = False

    def query(self, op, **fields):
        return self.connection.query(op, snapshot=self.handle, **fields)

    def on(self, connection):
        """The same in the core of another program: as a file."""
        if connection is self.connection:
            return self
        folder = tempfile.mkdtemp(prefix="memtrace-")
        file = os.path.join(folder, "snapshot")
        try:
            self.query("dump", filters=[], file=file, attributes={})
            answer = connection.query("load", file=file)
        finally:
            if os.path.exists(file):
                os.unlink(file)
            os.rmdir(folder)
        return _Held(connection, answer["snapshot"])

    def held(self):
        return self

    def traces(self, filters):
        return PagedTraces(
            lambda first, count: self.query(
                "traces", filters=filters, **{"from": first, "count": count}
            )
        )


class _Made:
    """A script's own raw traces; the core gets them when it is first asked."""

    def __init__(self, traces, traceback_limit):
        self._traces = traces
        self._limit = traceback_limit
        self._held = {}  # by connection

    def held(self):
        if self._held:
            return next(iter(self._held.values()))
        return self.on(_connection.current())

    def on(self, connection):
        if connection not in self._held:
            answer = connection.query("make_snapshot", **self._fields())
            self._held[connection] = _Held(connection, answer["snapshot"])
        return self._held[connection]

    def _fields(self):
        numbers, tracebacks, traces = {}, [], []
        for trace in self._traces:
            # Four fields, or three from before tracemalloc knew total_nframe.
            domain, size, frames = trace[:3]
            total = trace[3] if len(trace) > 3 and trace[3] is not None else 0
            number = numbers.setdefault(frames, len(tracebacks))
            if number == len(tracebacks):
                tracebacks.append([frame[:2] for frame in frames])
            traces.append([domain, size, number, total])
        limit = self._limit if isinstance(self._limit, int) and 0 <= self._limit < 65536 else 0
        return {"tracebacks": tracebacks, "traces": traces, "traceback_limit": limit}

    def traces(self, filters):
        if not filters:
            return self._traces
        return ChosenTraces(
            self._traces,
            lambda first, count: self.held().query(
                "positions", filters=filters, **{"from": first, "count": count}
            ),
        )


class Snapshot:
    """Traces of the live blocks at one moment.

    Any attribute that is a JSON value may be added; dump() keeps it.
    """

    def __init__(self, traces, traceback_limit):
        self._set(_Made(list(traces), traceback_limit), traceback_limit, [])

    def _set(self, source, traceback_limit, filters):
        self._source = source
        self._filters = filters  # one list for each filter_traces()
        self.traceback_limit = traceback_limit
        self.traces = Traces(source.traces(filters))

    @classmethod
    def _of(cls, source, traceback_limit, filters=()):
        snapshot = cls.__new__(cls)
        snapshot._set(source, traceback_limit, list(filters))
        return snapshot

    def filter_traces(self, filters):
        """A new snapshot with the traces that any inclusive filter matches (if there is
        one) and no exclusive filter rejects."""
        if not isinstance(filters, Iterable):
            raise TypeError(
                "filters must be a list of filters, not %s" % type(filters).__name__
            )
        fields = []
        for one in filters:
            if not isinstance(one, BaseFilter):
                raise TypeError(
                    "a filter is a Filter or a DomainFilter, not %s" % type(one).__name__
                )
            fields.append(one._fields())
        added = [fields] if fields else []
        return self._of(self._source, self.traceback_limit, self._filters + added)

    def statistics(self, key_type, cumulative=False):
        """Statistics grouped by "lineno", "filename" or "traceback" (and "function",
        "module", "domain", "size", "size=exact"), largest first."""
        _check(key_type)
        answer = self._source.held().query(
            "statistics", key_type=key_type, cumulative=bool(cumulative), filters=self._filters
        )
        tables = Tables(answer)
        return [Statistic(tables.traceback(row[-1]), *row[:-1]) for row in answer["rows"]]

    def compare_to(self, old_snapshot, key_type, cumulative=False):
        """The differences to an older snapshot, largest first."""
        _check(key_type)
        new = self._source.held()
        old = old_snapshot._source.on(new.connection)
        answer = new.connection.query(
            "compare",
            new=new.handle,
            new_filters=self._filters,
            old=old.handle,
            old_filters=old_snapshot._filters,
            key_type=key_type,
            cumulative=bool(cumulative),
        )
        tables = Tables(answer)
        return [StatisticDiff(tables.traceback(row[-1]), *row[:-1]) for row in answer["rows"]]

    def dump(self, filename):
        """Writes the snapshot into a file: a pprof profile, as `mt save` writes it."""
        self._source.held().query(
            "dump", filters=self._filters, file=_path(filename), attributes=self._attributes()
        )

    @staticmethod
    def load(filename):
        """The snapshot that dump() or `mt save` has written, or another tool's profile."""
        connection = _connection.current()
        answer = connection.query("load", file=_path(filename))
        held = _Held(connection, answer["snapshot"])
        snapshot = Snapshot._of(held, answer["traceback_limit"])
        for name, value in answer["attributes"].items():
            if name not in _OWN and not name.startswith("_"):
                setattr(snapshot, name, value)
        return snapshot

    def _attributes(self):
        kept = {}
        for name, value in vars(self).items():
            if name in _OWN or name.startswith("_"):
                continue
            try:
                same = json.loads(json.dumps(value, allow_nan=False)) == value
            except (TypeError, ValueError):
                same = False
            if not same:
                raise TypeError(
                    "dump() keeps attributes that are JSON values; %s is %s"
                    % (name, type(value).__name__)
                )
            kept[name] = value
        return kept


def _check(key_type):
    # A text goes to the core, which knows the types.
    if not isinstance(key_type, str):
        raise ValueError("unknown key_type: %r" % (key_type,))


def _path(filename):
    return os.path.abspath(os.fsdecode(filename))


def take_snapshot():
    """A snapshot of all traced blocks; RuntimeError while nothing is traced."""
    connection = _connection.current()
    answer = connection.query("take_snapshot")
    return Snapshot._of(_Held(connection, answer["snapshot"]), answer["traceback_limit"])


def get_snapshot(name):
    """One that `mt snapshot` has kept, by its number or name."""
    connection = _connection.current()
    answer = connection.query("kept_snapshot", name=str(name))
    return Snapshot._of(_Held(connection, answer["snapshot"]), answer["traceback_limit"])
