# SPDX-License-Identifier: MIT
#
# sanitized.c with the sanitizers of gcc, which are libraries, and of clang, which are
# inside the program. For tests/sessions/sanitizers_test.
find_program(MEMTRACE_GCC_PROGRAM gcc DOC "gcc that builds programs with sanitizers")
find_program(MEMTRACE_CLANG_PROGRAM clang DOC "clang that does")
set(sanitized_gcc address thread leak undefined)
set(sanitized_clang address thread leak undefined memory)
set(sanitized)
foreach(compiler gcc clang)
  string(TOUPPER ${compiler} upper)
  if(NOT MEMTRACE_${upper}_PROGRAM)
    message(WARNING "memtrace: no ${compiler} found; a session test will fail. Run scripts/setup")
    continue()
  endif()
  foreach(kind ${sanitized_${compiler}})
    set(out ${MEMTRACE_PROGRAMS_DIR}/sanitized_${compiler}_${kind})
    add_custom_command(OUTPUT ${out} VERBATIM
      COMMAND ${MEMTRACE_${upper}_PROGRAM} -g -O0 -fsanitize=${kind}
              ${CMAKE_CURRENT_SOURCE_DIR}/sanitized.c -o ${out}
      DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/sanitized.c ${CMAKE_CURRENT_SOURCE_DIR}/lesson.h)
    list(APPEND sanitized ${out})
  endforeach()
endforeach()
add_custom_target(sanitized_programs DEPENDS ${sanitized})
list(APPEND programs sanitized_programs)
