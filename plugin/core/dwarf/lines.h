// SPDX-License-Identifier: MIT
//
// Places in the source, by a unit's line table. A table that would take too much memory is none.
#ifndef MEMTRACE_CORE_DWARF_LINES_H
#define MEMTRACE_CORE_DWARF_LINES_H

#include <elfutils/libdw.h>

#include <cstdint>
#include <string>

namespace mt::core {

// The file by its name in the line table; empty: not known.
struct SourcePlace {
    std::string file, directory;
    std::uint32_t line = 0;
};

// Whether it has a line table that may be read: before anything else is asked of it.
bool has_lines(Dwarf_Die& unit);
SourcePlace place_at(Dwarf_Die& unit, std::uint64_t address);
// Where an inlined call stands.
SourcePlace place_of_call(Dwarf_Die& inlined, Dwarf_Die& unit);

}  // namespace mt::core

#endif
