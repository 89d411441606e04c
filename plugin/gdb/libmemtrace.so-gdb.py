# SPDX-License-Identifier: MIT
"""GDB reads this by itself once a program, or a core, has libmemtrace.so: its commands are there.

Installed where GDB's safe-path allows it (GDB manual, "Python Auto-loading"); it does nothing
where the commands have been loaded already, from wherever.
"""

import os
import sys

import gdb


def _load(library):
    prefix = os.path.dirname(os.path.dirname(os.path.realpath(library)))
    script = os.path.join(prefix, "share", "memtrace", "gdb", "memtrace.py")
    if "memtrace_gdb" not in sys.modules and os.path.exists(script):
        gdb.execute("source " + script)


_load(gdb.current_objfile().filename)
