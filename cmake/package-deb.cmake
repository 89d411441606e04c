# SPDX-License-Identifier: MIT
# Read by CPack for each kind of package: a .deb is installed at its final path, below a folder;
# GDB's auto-load folder has that path in its name. What is stripped becomes a package of its own.
if(CPACK_GENERATOR STREQUAL "DEB")
  set(CPACK_SET_DESTDIR ON)
  set(CPACK_INSTALL_PREFIX /usr)
  set(CPACK_STRIP_FILES OFF)
  set(CPACK_DEBIAN_DEBUGINFO_PACKAGE ON)
endif()
