# SPDX-License-Identifier: MIT
# Interface targets: what every target of ours is compiled with.
add_library(memtrace_warnings INTERFACE)
target_compile_options(memtrace_warnings INTERFACE -Wall -Wextra -Wconversion -Wshadow
  $<$<BOOL:${MEMTRACE_WERROR}>:-Werror>)

# Sanitizers are for the core and the tests; the runtime interposes malloc and
# is never built with them.
add_library(memtrace_sanitizers INTERFACE)
if(MEMTRACE_SANITIZE)
  target_compile_options(memtrace_sanitizers INTERFACE -fsanitize=${MEMTRACE_SANITIZE}
    -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(memtrace_sanitizers INTERFACE -fsanitize=${MEMTRACE_SANITIZE})
endif()
