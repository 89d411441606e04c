# SPDX-License-Identifier: MIT
#
# Unit tests of snapshots as files: saving, loading, exporting.
if(TARGET memtrace_core_objects)
  find_program(MEMTRACE_PROTOC_PROGRAM protoc DOC "protoc that decodes what mt save wrote")
  if(NOT MEMTRACE_PROTOC_PROGRAM)
    message(WARNING "memtrace: no protoc found; core_save_format_test will fail. Run scripts/setup")
    set(MEMTRACE_PROTOC_PROGRAM "no-protoc-found")
  endif()
  foreach(part bad description export file foreign format roundtrip verbs)
    memtrace_core_test(core_save_${part}_test core_save_${part}_test.cpp)
    target_compile_definitions(core_save_${part}_test PRIVATE
      MEMTRACE_PROTOC="${MEMTRACE_PROTOC_PROGRAM}"
      MEMTRACE_TEST_DATA="${PROJECT_SOURCE_DIR}/tests/data"
      MEMTRACE_TEST_VERSION="${PROJECT_VERSION}")
  endforeach()
  memtrace_core_test(core_page_test core_page_test.cpp)
endif()
