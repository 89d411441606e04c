# SPDX-License-Identifier: MIT
# plugin/core/dwarf. The first one looks at its own debug information.
if(TARGET memtrace_core_objects)
  memtrace_core_test(dwarf_code_test dwarf_code_test.cpp)
  target_compile_options(dwarf_code_test PRIVATE -g -O0)
endif()
