# SPDX-License-Identifier: MIT
#
# The walker's benchmark; run by hand, it is no test.
find_package(benchmark REQUIRED)
add_executable(walker_bench ${CMAKE_CURRENT_LIST_DIR}/walker_bench.cpp)
target_compile_options(walker_bench PRIVATE -O2 -fomit-frame-pointer)
target_link_libraries(walker_bench PRIVATE memtrace_stack benchmark::benchmark memtrace_warnings)
