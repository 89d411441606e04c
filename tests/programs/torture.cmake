# SPDX-License-Identifier: MIT
# The program that allocates on every kind of stack, for tests/compare; its frames
# are those of the stack walker's unit tests.
set(callers ${PROJECT_SOURCE_DIR}/tests/unit/stack_callers)
memtrace_program(torture torture.cpp)
target_sources(torture PRIVATE torture_frames.cpp torture_libraries.cpp torture_stacks.cpp
  torture_undescribed.cpp ${callers}_plain.cpp ${callers}_optimised.cpp)
set_source_files_properties(${callers}_plain.cpp PROPERTIES COMPILE_OPTIONS
  "-O0;-fno-omit-frame-pointer")
set_source_files_properties(${callers}_optimised.cpp PROPERTIES COMPILE_OPTIONS
  "-O2;-fomit-frame-pointer;-fno-optimize-sibling-calls")
target_include_directories(torture PRIVATE ${PROJECT_SOURCE_DIR}/tests/unit
  ${PROJECT_SOURCE_DIR}/runtime)
target_compile_options(torture PRIVATE -fno-builtin)
# With holes between its segments: the loader then knows each by itself.
target_link_options(torture PRIVATE -Wl,-z,lazy -Wl,-z,separate-code -Wl,-z,max-page-size=65536)
target_link_libraries(torture PRIVATE ${CMAKE_DL_LIBS})

foreach(name first second)
  memtrace_library(torture_${name} torture_library.c)
  target_link_options(torture_${name} PRIVATE -Wl,-z,lazy)
endforeach()
target_compile_definitions(torture_first PRIVATE TORTURE_FRAME=1032)
target_compile_definitions(torture_second PRIVATE TORTURE_FRAME=2056)
memtrace_library(torture_elsewhere torture_elsewhere.c)
