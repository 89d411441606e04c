// SPDX-License-Identifier: MIT
//
// The code of an entry of debug information, put into a map.
#ifndef MEMTRACE_CORE_DWARF_RANGES_H
#define MEMTRACE_CORE_DWARF_RANGES_H

#include <elfutils/libdw.h>

#include "dwarf/address_map.h"

namespace mt::core {

// False: there are too many for the map. An entry without code adds none. What the linker has
// dropped is said to lie at 0 or 1.
inline bool add_ranges(Dwarf_Die& entry, std::uint32_t number, AddressMap& map) {
    Dwarf_Addr base = 0, start = 0, end = 0;
    for (ptrdiff_t at = 0; (at = dwarf_ranges(&entry, at, &base, &start, &end)) > 0;)
        if (start > 1 && !map.add(start, end, number)) return false;
    return true;
}

}  // namespace mt::core

#endif
