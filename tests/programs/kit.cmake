# SPDX-License-Identifier: MIT
#
# What tests/faults injects: libraries to be preloaded beside the runtime, or opened.
memtrace_library(allocating_wrappers allocating_wrappers.c)
# Of one size, in both models of thread-local memory.
foreach(model initial_exec general)
  memtrace_library(thread_local_${model} thread_local_library.c)
  target_compile_definitions(thread_local_${model} PRIVATE THREAD_LOCAL_SIZE=112)
endforeach()
target_compile_options(thread_local_initial_exec PRIVATE -ftls-model=initial-exec)

memtrace_program(kit_cases kit_cases.c)
target_include_directories(kit_cases PRIVATE ${PROJECT_SOURCE_DIR}/tests/support
  ${PROJECT_SOURCE_DIR}/runtime/include)
