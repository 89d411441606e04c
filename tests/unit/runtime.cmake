# SPDX-License-Identifier: MIT
# Pieces of the runtime that need no runtime around them.
foreach(part thread/sampling control/setting)
  get_filename_component(name ${part} NAME)
  add_executable(${name}_test ${CMAKE_CURRENT_LIST_DIR}/${name}_test.cpp
    ${PROJECT_SOURCE_DIR}/runtime/${part}.cpp)
  target_include_directories(${name}_test PRIVATE ${PROJECT_SOURCE_DIR}/runtime)
  target_link_libraries(${name}_test PRIVATE GTest::gmock_main memtrace_warnings
    memtrace_sanitizers)
  gtest_discover_tests(${name}_test TEST_PREFIX ${name}_test. DISCOVERY_MODE PRE_TEST
    PROPERTIES TIMEOUT 120)
endforeach()

# The whole table room, for threads at work on it.
file(GLOB MEMTRACE_TABLE_SOURCES CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/runtime/table/*.cpp)
list(APPEND MEMTRACE_TABLE_SOURCES ${PROJECT_SOURCE_DIR}/runtime/os/pages.cpp
  ${PROJECT_SOURCE_DIR}/runtime/os/process.cpp ${PROJECT_SOURCE_DIR}/runtime/os/shared_file.cpp
  ${PROJECT_SOURCE_DIR}/runtime/os/startup.cpp $<TARGET_OBJECTS:memtrace_stack>)

add_executable(box_test ${CMAKE_CURRENT_LIST_DIR}/box_test.cpp ${MEMTRACE_TABLE_SOURCES})
target_include_directories(box_test PRIVATE ${PROJECT_SOURCE_DIR}/runtime ${PROJECT_SOURCE_DIR}/tests)
target_link_libraries(box_test PRIVATE GTest::gmock_main memtrace_warnings memtrace_sanitizers
  Threads::Threads)
gtest_discover_tests(box_test TEST_PREFIX box_test. DISCOVERY_MODE PRE_TEST PROPERTIES TIMEOUT 120)

add_executable(keys_test ${CMAKE_CURRENT_LIST_DIR}/keys_test.cpp ${MEMTRACE_TABLE_SOURCES})
target_include_directories(keys_test PRIVATE ${PROJECT_SOURCE_DIR}/runtime
  ${PROJECT_SOURCE_DIR}/tests)
target_link_libraries(keys_test PRIVATE GTest::gmock_main memtrace_warnings memtrace_sanitizers
  Threads::Threads)
gtest_discover_tests(keys_test TEST_PREFIX keys_test. DISCOVERY_MODE PRE_TEST
  PROPERTIES TIMEOUT 120)

add_executable(table_storm_test ${CMAKE_CURRENT_LIST_DIR}/table_storm_test.cpp
  ${MEMTRACE_TABLE_SOURCES})
target_include_directories(table_storm_test PRIVATE ${PROJECT_SOURCE_DIR}/runtime
  ${PROJECT_SOURCE_DIR}/tests)
target_link_libraries(table_storm_test PRIVATE GTest::gmock_main memtrace_warnings
  memtrace_sanitizers Threads::Threads)
gtest_discover_tests(table_storm_test TEST_PREFIX table_storm_test. DISCOVERY_MODE PRE_TEST
  PROPERTIES TIMEOUT 120)
