# SPDX-License-Identifier: MIT
# What scripts/package makes of an installed tree: a .deb for Debian's GDB and LLDB, with the
# debug information in a package of its own, and a tarball that lies anywhere.
install(FILES docs/man/memtrace.1 docs/man/memtrace-gdb.1 docs/man/memtrace-lldb.1
  DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} RENAME copyright)

set(CPACK_PACKAGE_NAME memtrace)
set(CPACK_PACKAGE_VENDOR "The memtrace maintainers")
set(CPACK_PACKAGE_CONTACT "The memtrace maintainers <maintainers@memtrace.invalid>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "allocation tracing for C and C++, inside GDB and LLDB")
string(CONCAT CPACK_PACKAGE_DESCRIPTION
  "Commands for stock GDB and LLDB that say which lines of a C or C++ program hold its memory, "
  "what the peak was made of and what leaked, in a live process and in a core file; a runtime "
  "that is preloaded or linked; and a reader that needs no debugger.")
set(CPACK_STRIP_FILES ON)
set(CPACK_PACKAGE_FILE_NAME "memtrace-${PROJECT_VERSION}-linux-${CMAKE_SYSTEM_PROCESSOR}")
set(CPACK_PROJECT_CONFIG_FILE ${CMAKE_CURRENT_LIST_DIR}/package-deb.cmake)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION devel)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS ${MEMTRACE_STAGE}/lib ${MEMTRACE_STAGE}/lib/memtrace)
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "gdb (>= 12) | lldb-19")
include(CPack)
