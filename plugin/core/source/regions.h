// SPDX-License-Identifier: MIT
//
// Where a target's writable memory lies, told without the debugger. All give
// an empty list when they cannot tell. Reads no memory of the target.
#ifndef MEMTRACE_CORE_SOURCE_REGIONS_H
#define MEMTRACE_CORE_SOURCE_REGIONS_H

#include <cstdint>
#include <string>
#include <vector>

#include "source/memory.h"

namespace mt::core {

// Private writable mappings of a process on this machine.
std::vector<MemoryRegion> process_regions(std::int64_t pid);
// Writable segments of an ELF core, as far as the file really reaches.
std::vector<MemoryRegion> core_regions(const std::string& path);

// Sorted, without overlaps.
std::vector<MemoryRegion> in_order(std::vector<MemoryRegion> regions);

}  // namespace mt::core

#endif
