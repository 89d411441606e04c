# SPDX-License-Identifier: MIT
# plugin/core/code, and types by what code does.
if(TARGET memtrace_core_objects)
  memtrace_core_test(code_flow_test code_flow_test.cpp)
endif()
