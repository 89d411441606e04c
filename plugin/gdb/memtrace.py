# SPDX-License-Identifier: MIT
"""The file that GDB sources: `source PREFIX/share/memtrace/gdb/memtrace.py`.

It finds the package memtrace_gdb beside itself and lets it register the
commands, which also makes `import memtrace` work. It holds nothing else.
"""

import os
import sys

import gdb


def _register():
    # Not __file__: when a Python script sources this one, that is the script's.
    here = os.path.dirname(os.path.realpath(_register.__code__.co_filename))
    sys.path.insert(0, here)
    try:
        # Sourced again, after an upgrade say, the files on disk count.
        for name in [n for n in sys.modules if n.split(".")[0] in ("memtrace", "memtrace_gdb")]:
            if name == "memtrace_gdb":
                sys.modules[name].unload()
            del sys.modules[name]
        import memtrace_gdb

        memtrace_gdb.load(here)
    finally:
        sys.path.remove(here)


def _become_package():
    """Somebody has put this folder on sys.path and means the package of the same name."""
    if "memtrace_gdb" not in sys.modules:
        _register()
    here = os.path.dirname(os.path.realpath(__file__))
    package = os.path.join(os.path.dirname(here), "python")
    sys.modules["memtrace_gdb"].offer_package(package)
    sys.modules.pop("memtrace", None)
    __import__("memtrace")


try:
    if __name__ == "memtrace":
        _become_package()
    else:
        _register()
except gdb.GdbError as error:
    # An exception out of a sourced file prints a Python stack; one line will do.
    gdb.write("memtrace: %s\n" % error, gdb.STDERR)
