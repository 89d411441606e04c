# SPDX-License-Identifier: MIT
#
# Unit tests of runtime/stack. MEMTRACE_STACK_SOURCES and _OPTIONS come from
# runtime/stack/CMakeLists.txt.
find_package(GTest REQUIRED)
include(GoogleTest)
set(MT_STACK_TESTS ${CMAKE_CURRENT_LIST_DIR})

add_library(stack_plugin MODULE ${MT_STACK_TESTS}/stack_plugin.cpp)
target_link_libraries(stack_plugin PRIVATE memtrace_warnings)
target_link_options(stack_plugin PRIVATE -Wl,-z,lazy)

add_library(stack_early SHARED ${MT_STACK_TESTS}/stack_early.cpp)
target_link_libraries(stack_early PRIVATE memtrace_warnings)

# The table decoders alone, so that they can be built with sanitizers.
add_executable(stack_cfi_test ${MT_STACK_TESTS}/stack_bytes_test.cpp
  ${MT_STACK_TESTS}/stack_cfi_test.cpp ${MT_STACK_TESTS}/stack_entry_test.cpp
  ${MT_STACK_TESTS}/stack_expression_test.cpp ${MEMTRACE_STACK_SOURCES})
target_include_directories(stack_cfi_test PRIVATE ${PROJECT_SOURCE_DIR}/runtime)
target_link_libraries(stack_cfi_test PRIVATE GTest::gmock GTest::gtest_main memtrace_warnings
  memtrace_sanitizers)
gtest_discover_tests(stack_cfi_test)

# What the programs below prove beside the file that each is named after.
set(MT_STACK_WALKER_MORE ${MT_STACK_TESTS}/stack_steps_test.cpp
  ${MT_STACK_TESTS}/stack_frames_test.cpp ${MT_STACK_TESTS}/stack_recent_test.cpp)
set(MT_STACK_HOSTILE_MORE ${MT_STACK_TESTS}/stack_footprint_test.cpp
  ${MT_STACK_TESTS}/stack_other_test.cpp ${MT_STACK_TESTS}/stack_undescribed_test.cpp)

# Everything that walks real stacks, once with each way to find objects; without
# sanitizers, as the runtime is.
function(add_stack_tests name)
  add_library(${name}_sources OBJECT ${MEMTRACE_STACK_SOURCES})
  target_include_directories(${name}_sources PUBLIC ${PROJECT_SOURCE_DIR}/runtime)
  target_compile_options(${name}_sources PRIVATE ${MEMTRACE_STACK_OPTIONS})
  target_compile_definitions(${name}_sources PUBLIC ${ARGN})
  target_link_libraries(${name}_sources PRIVATE memtrace_warnings)
  foreach(part walker hostile objects)
    set(test ${name}_${part}_test)
    string(TOUPPER ${part} part_upper)
    add_executable(${test} ${MT_STACK_TESTS}/stack_${part}_test.cpp ${MT_STACK_${part_upper}_MORE}
      ${MT_STACK_TESTS}/stack_capture.cpp ${MT_STACK_TESTS}/stack_callers_plain.cpp
      ${MT_STACK_TESTS}/stack_callers_optimised.cpp)
    target_compile_definitions(${test} PRIVATE MT_STACK_PLUGIN="$<TARGET_FILE:stack_plugin>")
    target_link_libraries(${test} PRIVATE ${name}_sources GTest::gmock GTest::gtest_main
      memtrace_warnings ${CMAKE_DL_LIBS})
    add_dependencies(${test} stack_plugin)
    # Holes between the program's segments: the loader then answers with one of
    # them at a time, and no traceback gets past the program's first frame unless
    # the walker knows that they are one object.
    target_link_options(${test} PRIVATE -Wl,-z,separate-code -Wl,-z,max-page-size=65536)
    if(part STREQUAL "walker")
      set_target_properties(${test} PROPERTIES ENABLE_EXPORTS ON)
      target_link_libraries(${test} PRIVATE stack_early)
    endif()
    gtest_discover_tests(${test} TEST_PREFIX "${name}.")
  endforeach()
endfunction()
set_source_files_properties(${MT_STACK_TESTS}/stack_callers_plain.cpp PROPERTIES COMPILE_OPTIONS
  "-O0;-fno-omit-frame-pointer")
set_source_files_properties(${MT_STACK_TESTS}/stack_callers_optimised.cpp PROPERTIES COMPILE_OPTIONS
  "-O2;-fomit-frame-pointer;-fno-optimize-sibling-calls")
# A test function's own frame must have a frame pointer where it hands it on.
set_source_files_properties(${MT_STACK_TESTS}/stack_hostile_test.cpp
  ${MT_STACK_TESTS}/stack_walker_test.cpp ${MT_STACK_WALKER_MORE} ${MT_STACK_HOSTILE_MORE}
  PROPERTIES COMPILE_OPTIONS
  "-fno-omit-frame-pointer;-fno-optimize-sibling-calls")
add_stack_tests(stack)
add_stack_tests(stack_by_iteration MEMTRACE_OBJECTS_BY_ITERATION)

# A walk runs inside malloc: these objects may refer to nothing of libc but the
# loader's two ways to find an object and the kernel's vector (docs/invariants.md).
add_test(NAME stack.refers_to_nothing_else
  COMMAND sh ${MT_STACK_TESTS}/stack_symbols.sh ${CMAKE_NM}
          "$<JOIN:$<TARGET_OBJECTS:stack_sources>, >")
