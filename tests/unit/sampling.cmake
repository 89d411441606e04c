# SPDX-License-Identifier: MIT
# The sampler alone, without a runtime around it.
add_executable(sampling_test ${CMAKE_CURRENT_LIST_DIR}/sampling_test.cpp
  ${PROJECT_SOURCE_DIR}/runtime/tracer/sampling.cpp)
target_include_directories(sampling_test PRIVATE ${PROJECT_SOURCE_DIR}/runtime)
target_link_libraries(sampling_test PRIVATE GTest::gmock_main memtrace_warnings
  memtrace_sanitizers)
gtest_discover_tests(sampling_test TEST_PREFIX sampling_test. DISCOVERY_MODE PRE_TEST
  PROPERTIES TIMEOUT 120)
