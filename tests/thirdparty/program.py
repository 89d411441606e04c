# SPDX-License-Identifier: MIT
"""What programs/NAME.sh says about itself in its first comment.

    # NAME: what it does
    # needs: COMMAND-OR-PATH…       without these (or `root`) it is skipped, and ctest says so
    # part: small                   run each time; others with scripts/check --long
    # rule: REGEX => TEXT (why)     in what is compared; Python's, as re.sub takes them
    # not compared: PATTERN (why)   files whose contents differ from run to run
    # loss: NAME (why)              that is expected
    # fault: SIGNAL (why)           by which some of it are meant to end
    # untraced: COMMAND (why)       some of whose processes are not traced
"""
import os
import pathlib
import re
import shutil

FOLDER = pathlib.Path(__file__).resolve().parent / "programs"
SEARCHED = "/usr/bin:/bin:/usr/sbin:/sbin"


class Program:
    def __init__(self, name):
        self.name = name
        self.path = FOLDER / f"{name}.sh"
        self.title, self.needs, self.rules = "", [], []
        self.small, self.not_compared, self.losses = False, [], set()
        self.untraced, self.faults = set(), set()
        for line in self.path.read_text().splitlines():
            if not line.startswith("#"):
                break
            self._take(line[1:].strip())

    def _take(self, line):
        key, _, rest = line.partition(": ")
        reasoned = re.fullmatch(r"(.*?) \((.*)\)", rest)
        if key in ("rule", "not compared", "loss", "fault", "untraced") and reasoned is None:
            raise ValueError(f"{self.path}: '{line}' gives no reason")
        if key == "needs":
            self.needs += rest.split()
        elif key == "part":
            self.small = rest == "small"
        elif key == "rule":
            pattern, _, text = reasoned.group(1).partition(" => ")
            self.rules.append((re.compile(pattern.encode()), text.encode()))
        elif key == "not compared":
            self.not_compared.append(reasoned.group(1))
        elif key == "loss":
            self.losses.add(reasoned.group(1))
        elif key == "fault":
            self.faults.add(int(reasoned.group(1)))
        elif key == "untraced":
            self.untraced.add(reasoned.group(1))
        elif key != "SPDX-License-Identifier" and rest and not self.title:
            self.title = line

    def missing(self):
        """What is not here; empty if it can run."""
        return [word for word in self.needs
                if not (os.geteuid() == 0 if word == "root" else shutil.which(word, path=SEARCHED)
                        if "/" not in word else os.path.exists(word))]


def all_programs():
    return [Program(path.stem) for path in sorted(FOLDER.glob("*.sh"))]
