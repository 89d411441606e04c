# SPDX-License-Identifier: MIT
#
# Programs that nobody prepared (tests/faults/attach_test): one source, linked in the ways that
# make entries differ.
memtrace_library(attached_plugin attached_plugin.c)
memtrace_library(attached_plugin_lazy attached_plugin.c)
target_compile_options(attached_plugin PRIVATE -fno-builtin)
target_compile_options(attached_plugin_lazy PRIVATE -fno-builtin)
target_link_options(attached_plugin_lazy PRIVATE -Wl,-z,lazy)
set(attached_lazy -Wl,-z,lazy)
set(attached_now -Wl,-z,now -Wl,-z,relro)
set(attached_noplt -Wl,-z,now -Wl,-z,relro)
set(attached_fixed -no-pie -Wl,-z,lazy)
set(attached_own -Wl,-z,lazy)
foreach(kind lazy now noplt fixed own)
  memtrace_program(attached_${kind} attached.c)
  target_include_directories(attached_${kind} PRIVATE ${PROJECT_SOURCE_DIR}/tests/support
    ${PROJECT_SOURCE_DIR}/runtime/include)
  target_compile_options(attached_${kind} PRIVATE -fno-builtin -Wno-alloc-size-larger-than)
  target_link_libraries(attached_${kind} PRIVATE ${CMAKE_DL_LIBS})
  # Found by the folder that only the caller names.
  target_link_options(attached_${kind} PRIVATE ${attached_${kind}} -Wl,--enable-new-dtags
    -Wl,-rpath,${MEMTRACE_PROGRAMS_DIR})
endforeach()
target_compile_options(attached_noplt PRIVATE -fno-plt)
target_compile_options(attached_fixed PRIVATE -fno-pie)
target_sources(attached_own PRIVATE own_allocator.c)
target_compile_definitions(attached_own PRIVATE OWN_MALLOC ${own_four})

# Processes that somebody wants to attach to (tests/sessions/attaching_test).
foreach(name attach_storm attach_cases)
  memtrace_program(${name} ${name}.c)
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests/support)
  target_compile_options(${name} PRIVATE -fno-builtin)
  target_link_libraries(${name} PRIVATE ${CMAKE_DL_LIBS})
endforeach()
target_link_options(attach_cases PRIVATE -rdynamic)
memtrace_library(attach_constructor attach_constructor.c)
memtrace_program(attach_static attach_cases.c)
target_compile_definitions(attach_static PRIVATE STATIC_PROGRAM)
target_link_options(attach_static PRIVATE -static)
memtrace_library(attach_small_tls attach_small_tls.c)
target_compile_options(attach_small_tls PRIVATE -ftls-model=initial-exec)
