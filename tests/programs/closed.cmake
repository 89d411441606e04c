# SPDX-License-Identifier: MIT
# Libraries that are closed before anybody asks what allocated.
memtrace_program(closed_plugins closed_plugins.c)
target_link_libraries(closed_plugins PRIVATE ${CMAKE_DL_LIBS})
set_target_properties(closed_plugins PROPERTIES BUILD_RPATH "\$ORIGIN")
memtrace_library(closed_first closed_first.c)
memtrace_library(closed_second closed_second.c)
