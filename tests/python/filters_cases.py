# SPDX-License-Identifier: MIT
"""CPython's TestFilters, case by case. Whether a filter matches is asked of the core:
a snapshot with one trace keeps it or not."""

import unittest

import memtrace

UNKNOWN = ("<unknown>", 0)


def keeps(one, *frames):
    """Frames most recent first."""
    snapshot = memtrace.Snapshot([(0, 1, frames, len(frames))], len(frames))
    return len(snapshot.filter_traces([one]).traces) == 1


def matches(pattern, name):
    """By a file's name alone; an exclusive filter says the opposite."""
    result = keeps(memtrace.Filter(True, pattern), (name, 1))
    assert keeps(memtrace.Filter(False, pattern), (name, 1)) != result
    return result


class TestFilters(unittest.TestCase):
    def test_filter_attributes(self):
        plain = memtrace.Filter(True, "abc")
        self.assertIs(plain.inclusive, True)
        self.assertEqual(plain.filename_pattern, "abc")
        self.assertIsNone(plain.lineno)
        self.assertIs(plain.all_frames, False)
        self.assertIsNone(plain.domain)
        full = memtrace.Filter(False, "test.py", 123, True, 7)
        self.assertIs(full.inclusive, False)
        self.assertEqual(full.filename_pattern, "test.py")
        self.assertEqual((full.lineno, full.all_frames, full.domain), (123, True, 7))
        named = memtrace.Filter(
            inclusive=False, filename_pattern="test.py", lineno=123, all_frames=True, domain=7
        )
        self.assertEqual(vars(named), vars(full))
        with self.assertRaises(AttributeError):
            plain.filename_pattern = "other"
        # The others may be changed, and count then.
        plain.inclusive, plain.lineno = False, 5
        self.assertFalse(keeps(plain, ("abc", 5)))
        self.assertTrue(keeps(plain, ("abc", 6)))
        with self.assertRaises(AttributeError):
            memtrace.DomainFilter(True, 1).domain = 2

    def test_filter_match(self):
        for inclusive in (True, False):
            every = memtrace.Filter(inclusive, "abc")
            five = memtrace.Filter(inclusive, "abc", 5)
            none = memtrace.Filter(inclusive, "abc", 0)
            for name in ("abc", "12356"):
                for line in (0, 5, 10):
                    frame = (name, line)
                    self.assertEqual(keeps(every, frame), (name == "abc") == inclusive)
                    self.assertEqual(keeps(five, frame), (frame == ("abc", 5)) == inclusive)
                    self.assertEqual(keeps(none, frame), (frame == ("abc", 0)) == inclusive)

    def test_filter_match_filename(self):
        for pattern in ("abc", "<unknown>"):
            for name in ("abc", "<unknown>", "12356"):
                self.assertEqual(matches(pattern, name), pattern == name)

    def test_filter_match_filename_joker(self):
        self.assertFalse(matches("", "abc"))
        for pattern, name in (
            ("a*", "abc"), ("a*", "a"), ("a*b", "ab"), ("a*b", "abb"), ("a*b", "a<b"),
            ("a*c", "abc"), ("a*c", "adc"), ("*a", "aba"), ("a**c", "abc"),
            ("a*b*c", "abc"), ("a*b*c", "abcxyzc"), ("a?c", "abc"),
            ("a[bd]c", "adc"), ("a[!bd]c", "axc"), ("/x/*.c", "/x/y/z.c"), ("a/b", "a/b"),
        ):
            self.assertTrue(matches(pattern, name), (pattern, name))
        for pattern, name in (
            ("a*", "bac"), ("a*c", "abb"), ("a*b*c", "acb"), ("a*b*c", "abcdx"), ("a?c", "ac"),
            ("a[bd]c", "axc"), ("a[!bd]c", "abc"), ("abc", "abcd"), ("abc", "xabc"),
            # Names are compared as they are: no case, no slash, no suffix is folded.
            ("aBcD", "abcd"), ("a/b", r"a\b"), ("a.pyc", "a.py"), ("a.py", "a.pyo"),
        ):
            self.assertFalse(matches(pattern, name), (pattern, name))

    def test_filter_match_trace(self):
        stacks = (
            (("a.py", 2), ("b.py", 1)),
            (("b.py", 4), ("b.py", 5)),
            (UNKNOWN, ("b.py", 1)),
            (UNKNOWN,),
        )
        expected = {
            # pattern, inclusive, all_frames: what is kept of the stacks
            ("b.py", True, False): (False, True, False, False),
            ("b.py", False, False): (True, False, True, True),
            ("b.py", True, True): (True, True, True, False),
            ("b.py", False, True): (False, False, False, True),
            ("<unknown>", True, False): (False, False, True, True),
            ("<unknown>", False, False): (True, True, False, False),
            ("<unknown>", True, True): (False, False, True, True),
            ("<unknown>", False, True): (True, True, False, False),
        }
        for (pattern, inclusive, all_frames), kept in expected.items():
            one = memtrace.Filter(inclusive, pattern, all_frames=all_frames)
            self.assertEqual(tuple(keeps(one, *stack) for stack in stacks), kept, vars(one))

    def test_filter_values_that_are_none(self):
        for bad in (
            memtrace.Filter(True, 5),
            memtrace.Filter(True, "a", "b"),
            memtrace.Filter(True, "a", -1),
            memtrace.Filter(True, "a", domain="x"),
            memtrace.DomainFilter(True, None),
            memtrace.DomainFilter(True, 1 << 32),
        ):
            with self.assertRaises(ValueError):
                keeps(bad, ("a", 1))
