# SPDX-License-Identifier: MIT
# plugin/core/dwarf.
if(TARGET memtrace_core_objects)
  memtrace_core_test(dwarf_damage_test dwarf_damage_test.cpp)
  target_compile_definitions(dwarf_damage_test PRIVATE
    MEMTRACE_DEBUG_FILE="$<TARGET_FILE:closed_second>")
  add_dependencies(dwarf_damage_test closed_second)
  # They look at their own files.
  foreach(part code search)
    memtrace_core_test(dwarf_file_${part}_test dwarf_file_${part}_test.cpp)
    target_link_options(dwarf_file_${part}_test PRIVATE -Wl,--build-id)
  endforeach()
  target_compile_options(dwarf_file_code_test PRIVATE -g -O0)
endif()
