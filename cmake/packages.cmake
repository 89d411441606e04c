# SPDX-License-Identifier: MIT
# The libraries that the core is built with. All that are missing are named at once, each
# with its Debian package. tests/promises/packages.cmake hides them.
set(missing "")

function(memtrace_header variable header package)
  find_path(${variable} ${header})
  if(NOT ${variable})
    set(missing "${missing}\n  ${header}: ${package}" PARENT_SCOPE)
  endif()
endfunction()

memtrace_header(MEMTRACE_EXPECTED_INCLUDE tl/expected.hpp libexpected-dev)
memtrace_header(MEMTRACE_PROTOZERO_INCLUDE protozero/pbf_reader.hpp libprotozero-dev)
memtrace_header(MEMTRACE_JSON_INCLUDE nlohmann/json.hpp nlohmann-json3-dev)
# The headers only; model/fmt.cpp compiles the rest of it.
memtrace_header(MEMTRACE_FMT_INCLUDE fmt/format.h libfmt-dev)
memtrace_header(MEMTRACE_LIBELF_INCLUDE gelf.h libelf-dev)
find_library(MEMTRACE_LIBELF elf)
if(MEMTRACE_LIBELF_INCLUDE AND NOT MEMTRACE_LIBELF)
  string(APPEND missing "\n  libelf: libelf-dev")
endif()
memtrace_header(MEMTRACE_LIBDW_INCLUDE elfutils/libdw.h libdw-dev)
find_library(MEMTRACE_LIBDW dw)
if(MEMTRACE_LIBDW_INCLUDE AND NOT MEMTRACE_LIBDW)
  string(APPEND missing "\n  libdw: libdw-dev")
endif()
memtrace_header(MEMTRACE_ZYDIS_INCLUDE Zydis/Zydis.h libzydis-dev)
find_library(MEMTRACE_ZYDIS Zydis)
if(MEMTRACE_ZYDIS_INCLUDE AND NOT MEMTRACE_ZYDIS)
  string(APPEND missing "\n  libZydis: libzydis-dev")
endif()
# Demanglers; a static library, position-independent as Debian builds it.
memtrace_header(MEMTRACE_IBERTY_INCLUDE libiberty/demangle.h libiberty-dev)
find_library(MEMTRACE_IBERTY iberty)
if(MEMTRACE_IBERTY_INCLUDE AND NOT MEMTRACE_IBERTY)
  string(APPEND missing "\n  libiberty: libiberty-dev")
endif()
find_package(ZLIB QUIET)
if(NOT ZLIB_FOUND)
  string(APPEND missing "\n  zlib: zlib1g-dev")
endif()

if(missing)
  message(FATAL_ERROR "memtrace: the core needs libraries that were not found; their Debian "
                      "packages are (./scripts/setup installs them):${missing}")
endif()
