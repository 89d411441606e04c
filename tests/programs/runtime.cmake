# SPDX-License-Identifier: MIT
# Debuggees of tests/faults: they keep a ledger that the test compares.
foreach(name family_matrix family_storm peak_replay)
  memtrace_program(${name} ${name}.cpp)
endforeach()
foreach(name step_events)
  memtrace_program(${name} ${name}.c)
endforeach()
foreach(name family_matrix family_storm peak_replay step_events)
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests/support
    ${PROJECT_SOURCE_DIR}/runtime/include)
endforeach()
# The compiler must not know what an allocation function does.
target_compile_options(family_matrix PRIVATE -fno-builtin -Wno-alloc-size-larger-than)
