# SPDX-License-Identifier: MIT
# Debuggees of tests/faults: they keep a ledger that the test compares.
foreach(name family_matrix family_storm fork_storm peak_replay sampled_storm)
  memtrace_program(${name} ${name}.cpp)
endforeach()
foreach(name capi_cases domains_storm pool_program stamps_storm watch_ledger)
  memtrace_program(${name} ${name}.cpp)
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests/support
    ${PROJECT_SOURCE_DIR}/runtime/include)
  target_link_libraries(${name} PRIVATE ${CMAKE_DL_LIBS})
endforeach()
foreach(name step_events interrupted closed_library idle_clears clear_storm close_storm children limited spawner random_heap)
  memtrace_program(${name} ${name}.c)
endforeach()
foreach(name family_matrix family_storm fork_storm peak_replay sampled_storm step_events interrupted closed_library
        idle_clears clear_storm close_storm children limited spawner random_heap)
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests/support
    ${PROJECT_SOURCE_DIR}/runtime/include)
endforeach()
memtrace_program(read_storm read_storm.c)
target_include_directories(read_storm PRIVATE ${PROJECT_SOURCE_DIR}/tests/support)
memtrace_program(boxed_storm boxed_storm.c)
target_include_directories(boxed_storm PRIVATE ${PROJECT_SOURCE_DIR}/tests/support
  ${PROJECT_SOURCE_DIR}/runtime/include)
target_link_libraries(boxed_storm PRIVATE ${CMAKE_DL_LIBS})
target_compile_options(boxed_storm PRIVATE -fno-builtin)
# The compiler must not know what an allocation function does.
target_compile_options(family_matrix PRIVATE -fno-builtin -Wno-alloc-size-larger-than)

# Its memtrace_stopped is the one that the runtime calls.
target_include_directories(watch_ledger PRIVATE ${PROJECT_SOURCE_DIR}/runtime)
target_compile_options(watch_ledger PRIVATE -fno-builtin)
target_link_options(watch_ledger PRIVATE -rdynamic)

# Libraries that those programs load.
function(memtrace_library name source)
  add_library(${name} SHARED ${source})
  set_target_properties(${name} PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${MEMTRACE_PROGRAMS_DIR})
  target_compile_options(${name} PRIVATE -g -O1)
  target_link_options(${name} PRIVATE -Wl,--build-id=sha1)
  target_link_libraries(${name} PRIVATE memtrace_warnings)
  set(programs ${programs} ${name} PARENT_SCOPE)
endfunction()
memtrace_library(library_a library.c)
target_compile_definitions(library_a PRIVATE LIBRARY_NAME="first")
memtrace_library(library_b library.c)
target_compile_definitions(library_b PRIVATE LIBRARY_NAME="other")
memtrace_library(foreign_allocator foreign_allocator.c)
target_compile_options(foreign_allocator PRIVATE -fno-builtin)
# Before the runtime's own handlers as a library, after them in a program.
memtrace_library(fork_handlers fork_handlers.c)
memtrace_program(children_with_handlers children.c)
target_sources(children_with_handlers PRIVATE fork_handlers.c)
target_include_directories(children_with_handlers PRIVATE ${PROJECT_SOURCE_DIR}/tests/support
  ${PROJECT_SOURCE_DIR}/runtime/include)
# A program that refers to nothing of the runtime but links it, at a fixed address.
memtrace_program(linked_fixed linked.c)
target_link_libraries(linked_fixed PRIVATE memtrace::runtime)
target_compile_options(linked_fixed PRIVATE -fno-pie)
target_link_options(linked_fixed PRIVATE -no-pie)

# Which memory is whose.
foreach(name own_memory beginning bootstrapped)
  memtrace_program(${name} ${name}.c)
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests/support
    ${PROJECT_SOURCE_DIR}/runtime/include)
  target_compile_options(${name} PRIVATE -fno-builtin)
  target_link_libraries(${name} PRIVATE ${CMAKE_DL_LIBS})
endforeach()
target_link_options(bootstrapped PRIVATE -rdynamic)

memtrace_program(environment environment.c)
memtrace_program(environment_linked environment.c)
target_link_libraries(environment_linked PRIVATE memtrace::runtime)

# What the runtime asks of the kernel and of a stack, and threads' beginnings and ends.
foreach(name filtered strict misaligned fibers fiber_events undescribed overflowing thread_local_growth small_stacks
        frame_pointers)
  memtrace_program(${name} ${name}.c)
endforeach()
memtrace_program(thread_ends thread_ends.cpp)
foreach(name filtered strict misaligned fibers fiber_events undescribed overflowing thread_local_growth small_stacks
        frame_pointers thread_ends)
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests/support
    ${PROJECT_SOURCE_DIR}/runtime/include)
  target_compile_options(${name} PRIVATE -fno-builtin)
  target_link_libraries(${name} PRIVATE ${CMAKE_DL_LIBS})
endforeach()

# For scripts/bench.
memtrace_program(many_traces many_traces.c)
memtrace_program(large_heap large_heap.c)
memtrace_program(vast_heap vast_heap.c)
memtrace_program(pairs pairs.c)
target_compile_options(pairs PRIVATE -O2 -fomit-frame-pointer -fno-builtin)
memtrace_program(armed_pairs armed_pairs.cpp)
target_include_directories(armed_pairs PRIVATE ${PROJECT_SOURCE_DIR}/runtime)
target_compile_options(armed_pairs PRIVATE -O2 -fno-builtin)
target_link_options(armed_pairs PRIVATE -rdynamic)
target_link_libraries(armed_pairs PRIVATE ${CMAKE_DL_LIBS})

# For tests/sessions: mt scope against a ledger.
memtrace_program(scope_ledger scope_ledger.cpp)
target_compile_options(scope_ledger PRIVATE -fno-builtin)
target_include_directories(scope_ledger PRIVATE ${PROJECT_SOURCE_DIR}/runtime/include)
target_link_libraries(scope_ledger PRIVATE ${CMAKE_DL_LIBS})
