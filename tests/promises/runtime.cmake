# SPDX-License-Identifier: MIT
# The runtime as a file, and what it adds to a core.
if(TARGET memtrace_runtime AND TARGET memtrace_tracee)
  add_executable(runtime_promises_test ${CMAKE_CURRENT_LIST_DIR}/runtime_promises_test.cpp)
  target_compile_definitions(runtime_promises_test PRIVATE
    MEMTRACE_READELF="${CMAKE_READELF}" MEMTRACE_NM="${CMAKE_NM}"
    MEMTRACE_OBJDUMP="${CMAKE_OBJDUMP}")
  target_link_libraries(runtime_promises_test PRIVATE
    memtrace_tracee memtrace_warnings GTest::gmock_main)
  add_dependencies(runtime_promises_test memtrace_runtime memtrace_programs)
  gtest_discover_tests(runtime_promises_test TEST_PREFIX runtime_promises_test.
    DISCOVERY_MODE PRE_TEST PROPERTIES TIMEOUT 120 LABELS promises)
endif()
