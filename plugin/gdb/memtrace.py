# SPDX-License-Identifier: MIT
"""The file that GDB sources: `source PREFIX/share/memtrace/gdb/memtrace.py`.

It finds the package memtrace_gdb beside itself and lets it register the
commands. It holds nothing else, and leaves sys.path as it was.
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
        for name in [n for n in sys.modules if n.split(".")[0] == "memtrace_gdb"]:
            if name == "memtrace_gdb":
                sys.modules[name].unload()
            del sys.modules[name]
        import memtrace_gdb

        memtrace_gdb.load(here)
    finally:
        sys.path.remove(here)


try:
    _register()
except gdb.GdbError as error:
    # An exception out of a sourced file prints a Python stack; one line will do.
    gdb.write("memtrace: %s\n" % error, gdb.STDERR)
