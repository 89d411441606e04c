# SPDX-License-Identifier: MIT
#
# Programs and libraries whose allocator is not ours, or not only (tests/faults/owners_test).
# own_<part>: the part of the family that own_allocator.c defines, linked into the program;
# libown_<part>.so: the same to be preloaded.
set(own_parts four three two forwards)
set(own_four OWN_CALLOC OWN_REALLOC)
set(own_three OWN_REALLOC)
set(own_two)
set(own_forwards OWN_FORWARDS)
function(memtrace_own_subset name)
  memtrace_program(${name} own_subset.cpp)
  target_sources(${name} PRIVATE ${ARGN})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests/support
    ${PROJECT_SOURCE_DIR}/runtime)
  target_compile_options(${name} PRIVATE -fno-builtin -Wno-alloc-size-larger-than)
  target_link_libraries(${name} PRIVATE ${CMAKE_DL_LIBS})
  set(programs ${programs} PARENT_SCOPE)
endfunction()
memtrace_own_subset(own_none)
foreach(part ${own_parts})
  memtrace_own_subset(own_${part} own_allocator.c)
  target_compile_definitions(own_${part} PRIVATE ${own_${part}})
  memtrace_library(libown_${part} own_allocator.c)
  set_target_properties(libown_${part} PROPERTIES OUTPUT_NAME own_${part})
  target_compile_definitions(libown_${part} PRIVATE ${own_${part}})
  target_compile_options(libown_${part} PRIVATE -fno-builtin)
endforeach()
# A static allocator of the kind that programs ship with.
memtrace_own_subset(own_jemalloc)
target_link_libraries(own_jemalloc PRIVATE libjemalloc.a m)
# One whose names nobody else sees.
memtrace_own_subset(own_hidden own_allocator.c)
target_compile_definitions(own_hidden PRIVATE ${own_four})
target_compile_options(own_hidden PRIVATE $<$<COMPILE_LANGUAGE:C>:-fvisibility=hidden>)

memtrace_library(failing_dlsym failing_dlsym.c)
memtrace_library(wrapped_dlsym wrapped_dlsym.c)
memtrace_library(no_definitions wrapped_dlsym.c)
target_compile_definitions(no_definitions PRIVATE NO_DEFINITIONS)
memtrace_library(deepbind_plugin deepbind_plugin.c)
foreach(name deepbind late_runtime)
  memtrace_program(${name} ${name}.c)
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests/support)
  target_compile_options(${name} PRIVATE -fno-builtin)
  target_link_libraries(${name} PRIVATE ${CMAKE_DL_LIBS})
endforeach()

memtrace_program(static_program static_program.c)
target_link_options(static_program PRIVATE -static)
memtrace_program(secure secure.c)
target_link_libraries(secure PRIVATE memtrace::runtime ${CMAKE_DL_LIBS})
# One that never asks anybody else: nothing of it is seen.
memtrace_program(own_only static_program.c)
target_sources(own_only PRIVATE own_allocator.c)
target_compile_definitions(own_only PRIVATE ${own_four})
target_compile_options(own_only PRIVATE -fno-builtin)
target_link_libraries(own_only PRIVATE ${CMAKE_DL_LIBS})
