# SPDX-License-Identifier: MIT
"""Statistic and StatisticDiff, and their text."""


def format_size(size, sign):
    for unit in ("B", "KiB", "MiB", "GiB", "TiB"):
        if abs(size) < 100 and unit != "B":
            return ("%+.1f %s" if sign else "%.1f %s") % (size, unit)
        if abs(size) < 10 * 1024 or unit == "TiB":
            return ("%+.0f %s" if sign else "%.0f %s") % (size, unit)
        size /= 1024


class Statistic:
    """What the blocks of one traceback, line or file are together."""

    __slots__ = (
        "traceback",
        "size",
        "count",
        "total_size",
        "total_count",
        "temporary_count",
        "samples",
    )

    def __init__(
        self,
        traceback,
        size,
        count,
        total_size=None,
        total_count=None,
        temporary_count=None,
        samples=0,
    ):
        self.traceback = traceback
        self.size = size
        self.count = count
        # All allocations since start or clear, freed ones too; of these, how many were
        # freed before their thread allocated again. None where that was not recorded.
        self.total_size = total_size
        self.total_count = total_count
        self.temporary_count = temporary_count
        # Blocks in the sample from which all of this was estimated; 0: it is exact.
        self.samples = samples

    def _key(self):
        return (self.traceback, self.size, self.count)

    def __hash__(self):
        return hash(self._key())

    def __eq__(self, other):
        if not isinstance(other, Statistic):
            return NotImplemented
        return self._key() == other._key()

    def __str__(self):
        text = "%s: size=%s, count=%i" % (
            self.traceback,
            format_size(self.size, False),
            self.count,
        )
        if self.count:
            text += ", average=%s" % format_size(self.size / self.count, False)
        return text

    def __repr__(self):
        return "<Statistic traceback=%r size=%i count=%i>" % self._key()


class StatisticDiff:
    """The same in two snapshots, and the difference."""

    __slots__ = ("traceback", "size", "size_diff", "count", "count_diff", "samples")

    def __init__(self, traceback, size, size_diff, count, count_diff, samples=0):
        self.traceback = traceback
        self.size = size
        self.size_diff = size_diff
        self.count = count
        self.count_diff = count_diff
        self.samples = samples  # of both snapshots

    def _key(self):
        return (self.traceback, self.size, self.size_diff, self.count, self.count_diff)

    def __hash__(self):
        return hash(self._key())

    def __eq__(self, other):
        if not isinstance(other, StatisticDiff):
            return NotImplemented
        return self._key() == other._key()

    def __str__(self):
        text = "%s: size=%s (%s), count=%i (%+i)" % (
            self.traceback,
            format_size(self.size, False),
            format_size(self.size_diff, True),
            self.count,
            self.count_diff,
        )
        if self.count:
            text += ", average=%s" % format_size(self.size / self.count, False)
        return text

    def __repr__(self):
        return "<StatisticDiff traceback=%r size=%i (%+i) count=%i (%+i)>" % self._key()
