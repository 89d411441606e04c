# SPDX-License-Identifier: MIT
# That scripts/lint sees an include that goes the wrong way, or round in a circle.
add_executable(layers_test layers_test.cpp)
target_compile_definitions(layers_test PRIVATE MEMTRACE_SOURCE="${PROJECT_SOURCE_DIR}")
target_link_libraries(layers_test PRIVATE memtrace_warnings GTest::gmock_main)
gtest_discover_tests(layers_test TEST_PREFIX layers_test. DISCOVERY_MODE PRE_TEST
  PROPERTIES TIMEOUT 120 LABELS promises)
