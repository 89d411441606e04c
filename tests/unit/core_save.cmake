# SPDX-License-Identifier: MIT
#
# Unit tests of snapshots as files: saving, loading, exporting.
if(TARGET memtrace_core_objects)
  foreach(part bad foreign roundtrip)
    memtrace_core_test(core_save_${part}_test core_save_${part}_test.cpp)
    target_compile_definitions(core_save_${part}_test PRIVATE
      MEMTRACE_TEST_DATA="${PROJECT_SOURCE_DIR}/tests/data")
  endforeach()
endif()
