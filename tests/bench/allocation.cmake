# SPDX-License-Identifier: MIT
#
# Programs to be traced. They are optimised and keep no frame pointers in every build
# type, as what users trace; the compiler may not know what malloc does, or it would
# leave pairs out.
function(memtrace_traced_program name)
  add_executable(${name} ${ARGN})
  target_compile_options(${name} PRIVATE -O2 -g -fomit-frame-pointer -fno-builtin)
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/runtime/include)
  target_link_libraries(${name} PRIVATE memtrace_warnings ${CMAKE_DL_LIBS})
endfunction()

memtrace_traced_program(alloc_bench
  alloc_bench.cpp bench_depth.cpp bench_heap.cpp bench_library.cpp bench_threads.cpp
  bench_scopes.cpp bench_tracked.cpp)
target_link_libraries(alloc_bench PRIVATE benchmark::benchmark Threads::Threads)
memtrace_traced_program(latency latency.cpp)
memtrace_traced_program(block_memory block_memory.cpp)

add_executable(measure measure.c)
target_link_libraries(measure PRIVATE memtrace_warnings)

add_custom_target(memtrace_benchmarks DEPENDS alloc_bench latency block_memory measure)

if(TARGET memtrace_runtime)
  add_test(NAME benchmarks_run
    COMMAND ${CMAKE_CURRENT_LIST_DIR}/smoke.py $<TARGET_FILE_DIR:alloc_bench>
            $<TARGET_FILE:memtrace_runtime>)
  set_tests_properties(benchmarks_run PROPERTIES TIMEOUT 60 LABELS promises)
  # A row of the script's table, with nanoseconds that tracing added.
  add_test(NAME bench_script_runs
    COMMAND ${PROJECT_SOURCE_DIR}/scripts/bench --build ${CMAKE_BINARY_DIR} --quick --rounds 1
            --no-peers --only pair/20)
  set_tests_properties(bench_script_runs PROPERTIES TIMEOUT 60 LABELS promises
    PASS_REGULAR_EXPRESSION "20 calls deep \\| [0-9.]+ \\| [^|]+ \\| [+][0-9]+")
endif()
