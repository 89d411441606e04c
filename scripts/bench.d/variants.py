# SPDX-License-Identifier: MIT
"""Under what a program runs: nothing, memtrace in its modes, and its peers.

A peer that is not installed, or that does not trace here, is named and left out; it
never makes a run fail.
"""
import dataclasses
import glob
import json
import os
import pathlib
import shutil
import stat
import subprocess

SAMPLE_BYTES = 524288


@dataclasses.dataclass(frozen=True)
class Variant:
    key: str
    title: str
    environment: tuple = ()
    rounds: int = 1000  # a tool that takes microseconds per event has one
    memtrace: bool = False
    starter: tuple = ()  # a tool's own command, which starts the program

    @property
    def is_slow(self):
        return self.rounds == 1


def first_file(*patterns):
    for pattern in patterns:
        found = sorted(glob.glob(pattern))
        if found:
            return found[0]
    return None


def library(name):
    return first_file(f"/usr/lib/x86_64-linux-gnu/{name}", f"/usr/lib64/{name}", f"/usr/lib/{name}")


def off_and_on(library, key="", title=""):
    preload = f"LD_PRELOAD={library}"
    return [
        Variant("off" + key, "off" + title, (preload,), memtrace=True),
        Variant("on" + key, "on" + title, (preload, "MEMTRACE=32"), memtrace=True),
    ]


def memtrace_variants(setting):
    preload = f"LD_PRELOAD={setting.runtime}"
    return [
        Variant("plain", "plain"),
        *off_and_on(setting.runtime),
        Variant("stamps", "on, stamps", (preload, "MEMTRACE=32,stamps"), memtrace=True),
        Variant("sampled", "on, sampled", (preload, f"MEMTRACE=32,sample={SAMPLE_BYTES}"),
                memtrace=True),
    ]


def own_null(setting):
    """A /dev/null of our own where we may make one: heaptrack locks its output, so that a
    second heaptrack on this machine would not trace, and look cheap."""
    path = setting.work / "null"
    try:
        os.mknod(path, 0o600 | stat.S_IFCHR, os.makedev(1, 3))
        with open(path, "w", encoding="ascii"):
            return path
    except OSError:
        return "/dev/null"


def peer_variants(setting):
    """(variant, library or None, Debian package)"""
    heaptrack = first_file("/usr/lib/heaptrack/libheaptrack_preload.so",
                           "/usr/lib/*/heaptrack/libheaptrack_preload.so",
                           "/usr/lib64/heaptrack/libheaptrack_preload.so")
    lsan, jemalloc = library("liblsan.so.0"), library("libjemalloc.so.2")
    tcmalloc = library("libtcmalloc.so.4")
    slow = 1
    return [
        # Its interpreter, a second process, is left out: its output goes nowhere.
        (Variant("heaptrack", "heaptrack",
                 (f"LD_PRELOAD={heaptrack}", f"DUMP_HEAPTRACK_OUTPUT={own_null(setting)}")),
         heaptrack, "heaptrack"),
        (Variant("lsan", "LeakSanitizer",
                 (f"LD_PRELOAD={lsan}", "LSAN_OPTIONS=detect_leaks=0")), lsan, "liblsan0"),
        (Variant("jemalloc", "jemalloc profile, all",
                 (f"LD_PRELOAD={jemalloc}", "MALLOC_CONF=prof:true,lg_prof_sample:0"), slow),
         jemalloc, "libjemalloc2"),
        (Variant("jemalloc_sampled", "jemalloc profile, sampled",
                 (f"LD_PRELOAD={jemalloc}", "MALLOC_CONF=prof:true,lg_prof_sample:19")),
         jemalloc, "libjemalloc2"),
        (Variant("gperftools", "gperftools HEAPPROFILE",
                 (f"LD_PRELOAD={tcmalloc}", f"HEAPPROFILE={setting.work}/heapprofile",
                  "HEAP_PROFILE_ALLOCATION_INTERVAL=0", "HEAP_PROFILE_INUSE_INTERVAL=0"), slow),
         tcmalloc, "libgoogle-perftools4"),
    ]


def recording_variant(setting):
    """heaptrack as people use it, or why not: its interpreter runs beside the program, its
    figures are of both, with the compression of the file that they write."""
    title = "heaptrack, recording"
    command = shutil.which("heaptrack")
    if command is None:
        return None, f"{title}: not installed"
    # It would open its viewer at the end of each run.
    if pathlib.Path(command).resolve().with_name("heaptrack_gui").exists():
        return None, f"{title}: left out where heaptrack_gui is installed"
    # Its interpreter takes minutes, and up to 19 GiB, for a program of seconds.
    return Variant("recording", title, rounds=1,
                   starter=(command, "-o", setting.work / "recording")), None


def is_traced(setting, variant):
    """Whether the runtime took the request: it never prints, so a program asks it."""
    done = subprocess.run(
        [setting.bench / "block_memory", "1", "64"], capture_output=True, text=True, check=True,
        env={**setting.environment, **dict(pair.split("=", 1) for pair in variant.environment)})
    return json.loads(done.stdout)["traced"] == 1


def works(setting, variant):
    done = subprocess.run(
        [setting.bench / "block_memory", "10", "64"], capture_output=True, text=True, check=False,
        env={**setting.environment, **dict(pair.split("=", 1) for pair in variant.environment)})
    return done.returncode == 0 and "ERROR" not in done.stderr and "Invalid" not in done.stderr


def version(package):
    try:
        done = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", package],
                              capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def find_variants(setting):
    """The variants that run here, and a line for each thing that does not."""
    plain, off, on, stamps, sampled = memtrace_variants(setting)
    if not is_traced(setting, on):
        raise SystemExit(f"bench: {setting.runtime} does not trace here")
    found, remarks = [plain, off, on], []
    for asked in (stamps, sampled):
        if is_traced(setting, asked):
            found.append(asked)
        else:
            remarks.append(f"memtrace {asked.title}: not supported by this runtime")
    if setting.against is not None:
        off, on = off_and_on(setting.against, "_against", ", against")
        if not is_traced(setting, on):
            raise SystemExit(f"bench: {setting.against} does not trace here")
        found += [off, on]
    for variant, file, package in peer_variants(setting) if setting.peers else []:
        if file is None or not pathlib.Path(file).exists():
            remarks.append(f"{variant.title}: not installed")
        elif not works(setting, variant):
            remarks.append(f"{variant.title}: does not run here")
        elif setting.quick and variant.rounds < 1000:
            remarks.append(f"{variant.title}: left out by --quick")
        else:
            found.append(variant)
            remarks.append(f"{variant.title}: {package} {version(package)}".rstrip())
    return found, remarks
