# SPDX-License-Identifier: MIT
"""Frame and Traceback. Raw frames are pairs (filename, lineno), as in tracemalloc."""

from collections.abc import Sequence
from functools import total_ordering

from . import _connection


class RawFrame(tuple):
    """A pair (filename, lineno) with what else the debugger knows of the code."""

    function = None
    module = None
    offset = None

    @classmethod
    def named(cls, filename, lineno, function, module, offset):
        frame = cls((filename, lineno))
        frame.function = function
        frame.module = module
        frame.offset = offset
        return frame


@total_ordering
class Frame:
    """Frame of a traceback."""

    __slots__ = ("_frame",)

    def __init__(self, frame):
        self._frame = frame

    @property
    def filename(self):
        return self._frame[0]

    @property
    def lineno(self):
        return self._frame[1]

    @property
    def function(self):
        """Its name, or None when it is unknown or the frame stands for several."""
        return getattr(self._frame, "function", None)

    @property
    def module(self):
        """The path of the program or library, or None."""
        return getattr(self._frame, "module", None)

    @property
    def offset(self):
        """The code's address in the module's file (ELF), or None."""
        return getattr(self._frame, "offset", None)

    def __eq__(self, other):
        if not isinstance(other, Frame):
            return NotImplemented
        return self._frame == other._frame

    def __lt__(self, other):
        if not isinstance(other, Frame):
            return NotImplemented
        return self._frame < other._frame

    def __hash__(self):
        return hash(self._frame)

    def __str__(self):
        return "%s:%s" % (self.filename, self.lineno)

    def __repr__(self):
        return "<Frame filename=%r lineno=%r>" % (self.filename, self.lineno)


@total_ordering
class Traceback(Sequence):
    """Frames from the oldest to the most recent one."""

    __slots__ = ("_frames", "_total_nframe")

    def __init__(self, frames, total_nframe=None):
        # Raw frames come most recent first.
        self._frames = tuple(reversed(frames))
        self._total_nframe = total_nframe

    @property
    def total_nframe(self):
        """Frames that there were before the limit cut them, or None."""
        return self._total_nframe

    def __len__(self):
        return len(self._frames)

    def __getitem__(self, index):
        if isinstance(index, slice):
            return tuple(Frame(frame) for frame in self._frames[index])
        return Frame(self._frames[index])

    def __contains__(self, frame):
        return frame._frame in self._frames

    def __hash__(self):
        return hash(self._frames)

    def __eq__(self, other):
        if not isinstance(other, Traceback):
            return NotImplemented
        return self._frames == other._frames

    def __lt__(self, other):
        if not isinstance(other, Traceback):
            return NotImplemented
        return self._frames < other._frames

    def __str__(self):
        return str(self[0])

    def __repr__(self):
        text = "<Traceback %s" % (tuple(self),)
        if self._total_nframe is not None:
            text += " total_nframe=%s" % self._total_nframe
        return text + ">"

    def format(self, limit=None, most_recent_first=False):
        """Lines of text with the source; `limit`: n most recent frames, -n oldest ones."""
        frames = list(self)
        if limit is not None:
            frames = frames[-limit:] if limit > 0 else frames[:-limit]
        if most_recent_first:
            frames.reverse()
        lines = []
        for frame, source in zip(frames, _source_lines(frames)):
            lines.append('  File "%s", line %s' % (frame.filename, frame.lineno))
            if source:
                lines.append("    %s" % source)
        return lines


def _source_lines(frames):
    places = [frame._frame[:2] for frame in frames]
    if not places:
        return []
    answer = _connection.current().query("source_lines", places=places)
    return [line.strip() for line in answer["lines"]]


class Tables:
    """The tracebacks of an answer; each frame and traceback is one object."""

    def __init__(self, answer):
        texts = answer["texts"]

        def text(index):
            return None if index is None else texts[index]

        self.frames = [
            RawFrame.named(texts[name], line, text(function), text(module), offset)
            for name, line, function, module, offset in answer["frames"]
        ]
        self._tracebacks = answer["tracebacks"]

    def raw(self, index):
        """The raw frames of a traceback, most recent first."""
        frames = self.frames
        return tuple(frames[number] for number in self._tracebacks[index])

    def traceback(self, index):
        return Traceback(self.raw(index))

    def __len__(self):
        return len(self._tracebacks)
