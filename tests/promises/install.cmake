# SPDX-License-Identifier: MIT
# What the install tree holds, and that a project can use it.
if(TARGET memtrace_lldb AND TARGET memtrace_runtime)
  add_test(NAME installed_tree_serves_a_project
    COMMAND ${CMAKE_COMMAND} -DBUILD=${CMAKE_BINARY_DIR}
            -DWORK=${CMAKE_CURRENT_BINARY_DIR}/install_check
            -DCONSUMER=${CMAKE_CURRENT_LIST_DIR}/consumer
            -P ${CMAKE_CURRENT_LIST_DIR}/consumer/check.cmake)
  set_tests_properties(installed_tree_serves_a_project PROPERTIES TIMEOUT 120 LABELS promises)
endif()
