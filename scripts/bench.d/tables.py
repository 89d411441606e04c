# SPDX-License-Identifier: MIT
"""Statistics of paired runs, and tables in Markdown.

A pair is a variant's run and the plain run of the same round. The median of the pairs is
the figure; the difference or ratio of the two minima stands in brackets beside it. Where
the two disagree, the machine was not quiet.
"""
import statistics


def paired(runs, key, combine):
    """(median over the pairs, the same of the minima), or None without a pair; of a single
    pair the minima say nothing new and are None.

    runs: {variant key: {round: value}}"""
    plain, other = runs.get("plain", {}), runs.get(key, {})
    rounds = sorted(set(plain) & set(other))
    if not rounds:
        return None
    middle = statistics.median(combine(other[number], plain[number]) for number in rounds)
    if len(rounds) == 1:
        return middle, None
    return middle, combine(min(other[n] for n in rounds), min(plain[n] for n in rounds))


def added(runs, key):
    return paired(runs, key, lambda value, plain: value - plain)


def ratio(runs, key):
    return paired(runs, key, lambda value, plain: value / plain)


def show(pair, digits, sign=""):
    if pair is None:
        return "–"
    middle, of_minima = pair
    rest = "" if of_minima is None else f" ({of_minima:.{digits}f})"
    return f"{middle:{sign}.{digits}f}{rest}"


def show_added(pair):
    return show(pair, 1 if pair is not None and abs(pair[0]) < 20 else 0, "+")


def show_ratio(pair):
    return show(pair, 2)


def share(ours, theirs):
    """What we add as a part of what they add; nothing where they add nothing."""
    if ours is None or theirs is None or theirs[0] <= 0:
        return "–"
    return f"{max(ours[0], 0) / theirs[0]:.2f}"


def table(heads, rows):
    """Markdown; the first column is text, the others are figures."""
    rule = ["---", *["--:"] * (len(heads) - 1)]
    lines = [heads, rule, *rows]
    return "".join("| " + " | ".join(str(cell) for cell in line) + " |\n" for line in lines)
