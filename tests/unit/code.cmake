# SPDX-License-Identifier: MIT
# plugin/core/code, and types by what code does.
if(TARGET memtrace_core_objects)
  memtrace_core_test(code_flow_test code_flow_test.cpp)
  memtrace_core_test(site_types_test site_types_test.cpp)
  target_compile_definitions(site_types_test PRIVATE
    MEMTRACE_PROGRAMS="${CMAKE_BINARY_DIR}/tests/programs")
  add_dependencies(site_types_test sited sited_optimised sited_lines sited_c)
endif()
