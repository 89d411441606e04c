# SPDX-License-Identifier: MIT
# The LLDB adapter as a file, its quoting, and the environment that it leaves.
if(TARGET memtrace_lldb)
  find_package(GTest REQUIRED)
  find_program(MEMTRACE_LLDB_PROGRAM NAMES lldb-19 lldb DOC "LLDB that the session tests run")
  add_executable(lldb_plugin_test
    ${CMAKE_CURRENT_LIST_DIR}/lldb_plugin_test.cpp
    ${PROJECT_SOURCE_DIR}/plugin/lldb/command_line.cpp)
  target_include_directories(lldb_plugin_test PRIVATE ${PROJECT_SOURCE_DIR}/plugin/lldb)
  target_compile_definitions(lldb_plugin_test PRIVATE
    MEMTRACE_STAGE="${MEMTRACE_STAGE}" MEMTRACE_LLDB_PROGRAM="${MEMTRACE_LLDB_PROGRAM}")
  target_link_libraries(lldb_plugin_test PRIVATE
    memtrace_core_objects memtrace_warnings GTest::gmock_main)
  add_dependencies(lldb_plugin_test memtrace_lldb memtrace_core)
  gtest_discover_tests(lldb_plugin_test TEST_PREFIX lldb_plugin_test. DISCOVERY_MODE PRE_TEST
    PROPERTIES TIMEOUT 120 LABELS promises)
endif()
