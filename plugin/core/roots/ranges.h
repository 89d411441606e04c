// SPDX-License-Identifier: MIT
//
// Sets of addresses as lists of ranges. Knows no process.
#ifndef MEMTRACE_CORE_ROOTS_RANGES_H
#define MEMTRACE_CORE_ROOTS_RANGES_H

#include <cstdint>
#include <vector>

#include "source/memory.h"

namespace mt::core {

// In order of address, none empty, none beside or over another.
using Ranges = std::vector<MemoryRegion>;

Ranges ranges_of(std::vector<MemoryRegion> any);
// What is in `from` and not in `what`; of both.
Ranges without(const Ranges& from, const Ranges& what);
Ranges common(const Ranges& a, const Ranges& b);
inline bool holds(const MemoryRegion& range, std::uint64_t address) {
    return address >= range.start && address < range.end;
}
std::uint64_t bytes_of(const Ranges& ranges);

}  // namespace mt::core

#endif
