# SPDX-License-Identifier: MIT
#
# Unit tests of what the core makes of a table: names, statistics, text,
# commands and the C interface.
if(TARGET memtrace_core_objects)
  foreach(part cpython filter made model names parse progress statistics symbols text)
    memtrace_core_test(core_${part}_test core_${part}_test.cpp)
  endforeach()
  # This executable is itself the file whose symbols are read.
  target_link_options(core_symbols_test PRIVATE -Wl,--build-id)
  foreach(part adapters block break capi commands cores diff ending faults modules output query report sampling sizes snapshots table tree
      unreadable)
    memtrace_core_test(core_${part}_test core_${part}_test.cpp)
  endforeach()
  # A long run lists fifty million blocks, in a debug build.
  memtrace_core_test(core_rows_test core_rows_test.cpp TIMEOUT 3600)
endif()
include(core_save.cmake)
