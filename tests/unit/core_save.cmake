# SPDX-License-Identifier: MIT
#
# Unit tests of snapshots as files: saving, loading, exporting.
if(TARGET memtrace_core_objects)
  foreach(part roundtrip)
    memtrace_core_test(core_save_${part}_test core_save_${part}_test.cpp)
  endforeach()
endif()
