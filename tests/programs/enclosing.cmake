# SPDX-License-Identifier: MIT
# Functions inside functions, as compilers describe them without and with optimisation and
# with little debug information; included by CMakeLists.txt.
find_program(MEMTRACE_GCC_PROGRAM gcc)
find_program(MEMTRACE_GXX_PROGRAM g++)
find_program(MEMTRACE_CLANGXX_PROGRAM clang++)
set(enclosing_names)
set(enclosing_files)
function(memtrace_enclosing name compiler source)
  if(NOT compiler)
    message(STATUS "memtrace: ${name} is not tested: its compiler was not found")
    return()
  endif()
  set(file ${MEMTRACE_PROGRAMS_DIR}/${name})
  add_custom_command(OUTPUT ${file}
    COMMAND ${compiler} ${ARGN} -o ${file} ${CMAKE_CURRENT_SOURCE_DIR}/${source}
    DEPENDS ${source} VERBATIM)
  set(enclosing_names ${enclosing_names} ${name} PARENT_SCOPE)
  set(enclosing_files ${enclosing_files} ${file} PARENT_SCOPE)
endfunction()

foreach(flags "-O0 -g" "-O2 -g" "-O0 -g1" "-O2 -g1")
  string(REGEX REPLACE "[^a-zA-Z0-9]+" "_" suffix "${flags}")
  separate_arguments(flags UNIX_COMMAND "${flags}")
  memtrace_enclosing(enclosing_gcc${suffix} "${MEMTRACE_GXX_PROGRAM}" enclosing.cpp
    ${flags} -pthread)
  memtrace_enclosing(enclosing_clang${suffix} "${MEMTRACE_CLANGXX_PROGRAM}" enclosing.cpp
    ${flags} -pthread)
  # Pointers to nested functions run code on the stack; the linker warns of that.
  memtrace_enclosing(nested_gcc${suffix} "${MEMTRACE_GCC_PROGRAM}" nested.c
    ${flags} -fopenmp -Wl,--no-warn-execstack)
endforeach()
add_custom_target(enclosing_programs DEPENDS ${enclosing_files})
list(APPEND programs enclosing_programs)
list(JOIN enclosing_names "," enclosing_names)
set(MEMTRACE_ENCLOSING_PROGRAMS ${enclosing_names} CACHE INTERNAL "")
