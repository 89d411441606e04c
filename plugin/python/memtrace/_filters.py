# SPDX-License-Identifier: MIT
"""Filter and DomainFilter: what is wanted. The core does the matching."""


class BaseFilter:
    def __init__(self, inclusive):
        self.inclusive = inclusive


class Filter(BaseFilter):
    """By the name of the file and the line, of the most recent frame or of all frames."""

    def __init__(self, inclusive, filename_pattern, lineno=None, all_frames=False, domain=None):
        super().__init__(inclusive)
        self._filename_pattern = filename_pattern
        self.lineno = lineno
        self.all_frames = all_frames
        self.domain = domain

    @property
    def filename_pattern(self):
        return self._filename_pattern

    def _fields(self):
        return {
            "inclusive": bool(self.inclusive),
            "pattern": self._filename_pattern,
            "line": self.lineno,
            "all_frames": bool(self.all_frames),
            "domain": self.domain,
        }


class DomainFilter(BaseFilter):
    """By the domain alone."""

    def __init__(self, inclusive, domain):
        super().__init__(inclusive)
        self._domain = domain

    @property
    def domain(self):
        return self._domain

    def _fields(self):
        return {"inclusive": bool(self.inclusive), "domain": self._domain}
