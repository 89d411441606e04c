# SPDX-License-Identifier: MIT
"""Runs one class of cases in the debugger's Python; run.py looks for the last line."""

import os
import sys
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.environ["MEMTRACE_CASES"])

module, _, name = os.environ["MEMTRACE_CASE"].partition(".")
cases = unittest.defaultTestLoader.loadTestsFromName(name, __import__(module))
result = unittest.TextTestRunner(stream=sys.stdout, verbosity=2).run(cases)
print("cases: %d run, %s" % (result.testsRun, "passed" if result.wasSuccessful() else "failed"))
sys.stdout.flush()
