# SPDX-License-Identifier: MIT
#
# The benchmark of the graph of blocks; run by hand, it is no test.
if(TARGET memtrace_core_objects)
  find_package(benchmark REQUIRED)
  add_executable(graph_bench ${CMAKE_CURRENT_LIST_DIR}/graph_bench.cpp)
  target_compile_options(graph_bench PRIVATE -O2)
  target_link_libraries(graph_bench PRIVATE
    memtrace_core_objects benchmark::benchmark memtrace_warnings)
endif()
