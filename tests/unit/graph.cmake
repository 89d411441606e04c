# SPDX-License-Identifier: MIT
#
# Unit tests of the graph of blocks: what holds them, pointers, reachability, leaks, dominators.
if(TARGET memtrace_core_objects)
  foreach(part dominators holders index leaks reach scan)
    memtrace_core_test(graph_${part}_test graph_${part}_test.cpp)
  endforeach()
  memtrace_core_test(core_roots_test core_roots_test.cpp)
  memtrace_core_test(core_suppressions_test core_suppressions_test.cpp)
  memtrace_core_test(core_types_test core_types_test.cpp)
endif()
