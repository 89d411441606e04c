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

foreach(name signal_storm early new_handler loader_storm crowds ways_out corners)
  memtrace_program(${name} ${name}.cpp)
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests/support
    ${PROJECT_SOURCE_DIR}/runtime/include)
  target_compile_options(${name} PRIVATE -fno-builtin)
  target_link_libraries(${name} PRIVATE ${CMAKE_DL_LIBS})
endforeach()
memtrace_program(contexts_taken contexts_taken.c)
target_include_directories(contexts_taken PRIVATE ${PROJECT_SOURCE_DIR}/tests/support)
memtrace_library(opened_library opened_library.cpp)

memtrace_program(bare_environment bare_environment.c)
memtrace_program(bare_environment_linked bare_environment.c)
target_link_libraries(bare_environment_linked PRIVATE memtrace::runtime)

# Found by the RUNPATH of its caller alone.
memtrace_library(runpath_library library.c)
target_compile_definitions(runpath_library PRIVATE LIBRARY_NAME="runpath")
set_target_properties(runpath_library PROPERTIES
  LIBRARY_OUTPUT_DIRECTORY ${MEMTRACE_PROGRAMS_DIR}/elsewhere)
memtrace_program(runpath runpath.c)
target_link_libraries(runpath PRIVATE ${CMAKE_DL_LIBS})
target_link_options(runpath PRIVATE -Wl,--enable-new-dtags)
set_target_properties(runpath PROPERTIES BUILD_RPATH "$ORIGIN/elsewhere")

foreach(standard 11 14 17 20 own)
  memtrace_program(operators_${standard} operators.cpp)
  target_include_directories(operators_${standard} PRIVATE ${PROJECT_SOURCE_DIR}/tests/support
    ${PROJECT_SOURCE_DIR}/runtime/include)
  target_compile_options(operators_${standard} PRIVATE -fno-builtin)
  if(NOT standard STREQUAL own)
    set_target_properties(operators_${standard} PROPERTIES CXX_STANDARD ${standard})
  endif()
endforeach()
target_compile_definitions(operators_own PRIVATE OPERATORS_OF_ITS_OWN=1)
