# SPDX-License-Identifier: MIT
#
# Unit tests of the graph of blocks: pointers, reachability, leaks, dominators.
if(TARGET memtrace_core_objects)
  foreach(part dominators holders index leaks reach scan)
    memtrace_core_test(graph_${part}_test graph_${part}_test.cpp)
  endforeach()
endif()
