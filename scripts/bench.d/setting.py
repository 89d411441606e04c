# SPDX-License-Identifier: MIT
"""Where a run finds its programs, and how it runs one of them."""
import dataclasses
import itertools
import os
import pathlib
import platform
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


def clean_environment():
    """Without what would trace or change a program behind our back."""
    environment = {name: value for name, value in os.environ.items()
                   if not name.startswith(("MEMTRACE", "LD_", "MALLOC_", "GLIBC_TUNABLES"))}
    return {**environment, "LC_ALL": "C", "DEBUGINFOD_URLS": ""}


@dataclasses.dataclass
class Usage:
    cpu: float  # user and system seconds, children it waited for included
    wall: float
    peak_kib: int
    status: int


class Setting:
    def __init__(self, options, work):
        self.build = pathlib.Path(options.build).resolve()
        self.stage = self.build / "stage"
        self.runtime = self.stage / "lib" / "libmemtrace.so"
        self.bench = self.build / "tests" / "bench"
        self.programs = self.build / "tests" / "programs"
        self.quick, self.peers, self.only = options.quick, options.peers, options.only
        self.against = options.against and pathlib.Path(options.against).resolve()
        self.rounds = options.rounds or (2 if options.quick else 5)
        self.work = pathlib.Path(work)
        self.environment = clean_environment()
        self.variants = []
        self.remarks = []

    def build_what_is_missing(self, is_ours):
        wanted = [self.runtime,
                  *(self.programs / name for name in ("pairs", "armed_pairs", "many_traces",
                                                  "large_heap", "vast_heap")),
                  *(self.bench / name for name in ("alloc_bench", "latency", "block_memory",
                                                   "measure"))]
        missing = [path for path in wanted if not path.exists()]
        if not missing:
            return
        if not is_ours:
            raise SystemExit(f"bench: {missing[0]} is missing; build {self.build} first")
        if not (self.build / "CMakeCache.txt").exists():
            subprocess.run(["cmake", "--preset", "release", "-S", ROOT, "-B", self.build],
                           cwd=ROOT, stdout=sys.stderr, check=True)
        subprocess.run(["cmake", "--build", self.build], stdout=sys.stderr, check=True)

    def wants(self, section, rows):
        """The rows of a section that --only leaves."""
        if self.only is None or section in self.only:
            return rows
        return [row for row in rows if any(name in row for name in self.only)]

    def run(self, variant, command):
        """Standard output of a command that must succeed."""
        environment = {**self.environment,
                       **dict(pair.split("=", 1) for pair in variant.environment)}
        done = subprocess.run([str(word) for word in command], env=environment, text=True,
                              capture_output=True, check=False, cwd=self.work)
        return done.stdout if done.returncode == 0 else None

    def start(self, variant, command, name="usage"):
        """The command under `measure`, not waited for. Output goes nowhere."""
        own = list(itertools.takewhile(lambda word: "=" in str(word), command))
        return subprocess.Popen(
            [str(word) for word in (self.bench / "measure", self.work / name, *variant.environment,
                                    *own, *variant.starter, *command[len(own):])],
            env=self.environment, cwd=self.work, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def usage(self, process, name="usage"):
        process.wait()
        text = (self.work / name).read_text().split()
        if len(text) != 5:
            return None
        user, system, wall, peak, status = text
        return Usage(float(user) + float(system), float(wall), int(peak), int(status))

    def measure(self, variant, command):
        return self.usage(self.start(variant, command))

    def turns(self, variants, round_number):
        """The variants, each round another one first: a drift of the machine hits all alike."""
        shift = round_number % len(variants)
        return [variant for variant in variants[shift:] + variants[:shift]
                if round_number < variant.rounds]


def note(text):
    """Progress, for whoever waits."""
    print(f"bench: {text}", file=sys.stderr, flush=True)


def machine():
    """One line on what the figures were measured on; no name of a host."""
    cpu = "unknown processor"
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            cpu = line.split(":", 1)[1].strip()
            break
    release = pathlib.Path("/etc/os-release")
    match = re.search(r'PRETTY_NAME="?([^"\n]*)', release.read_text() if release.exists() else "")
    system = match.group(1) if match else platform.system()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (f"{cpu}, {os.cpu_count()} processors, {memory:.0f} GiB, {system}, "
            f"Linux {platform.release()}, {' '.join(platform.libc_ver())}")
