# SPDX-License-Identifier: MIT
# What holds blocks, and what does not.
add_library(leaky_library SHARED leaky_library.c)
set_target_properties(leaky_library PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${MEMTRACE_PROGRAMS_DIR})
target_compile_options(leaky_library PRIVATE -g)
memtrace_program(leaky leaky.cpp)
memtrace_program(leaky_optimised leaky.cpp)
target_compile_options(leaky_optimised PRIVATE -O2)
memtrace_program(planted planted.cpp)
memtrace_program(planted_optimised planted.cpp)
target_compile_options(planted_optimised PRIVATE -O2)
foreach(name leaky leaky_optimised planted planted_optimised)
  target_link_libraries(${name} PRIVATE ${CMAKE_DL_LIBS})
endforeach()
memtrace_program(lesson_leak lesson_leak.cpp)

# Types of blocks, as compilers and their options leave them.
foreach(name typed typed_optimised typed_lines)
  memtrace_program(${name} typed.cpp)
endforeach()
target_compile_options(typed_optimised PRIVATE -O2)
target_compile_options(typed_lines PRIVATE -O2 -g1)
find_program(MEMTRACE_CLANGXX_PROGRAM clang++ DOC "clang that compiles a program for the tests")
if(MEMTRACE_CLANGXX_PROGRAM)
  foreach(level 0 2)
    set(program ${MEMTRACE_PROGRAMS_DIR}/typed_clang_${level})
    add_custom_command(OUTPUT ${program}
      COMMAND ${MEMTRACE_CLANGXX_PROGRAM} -std=c++20 -g -O${level} -pthread
              ${CMAKE_CURRENT_SOURCE_DIR}/typed.cpp -o ${program}
      DEPENDS typed.cpp)
    add_custom_target(build_typed_clang_${level} DEPENDS ${program})
    list(APPEND programs build_typed_clang_${level})
  endforeach()
endif()
list(APPEND programs leaky_library)
