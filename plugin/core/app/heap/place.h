// SPDX-License-Identifier: MIT
//
// What an allocator says of an address where no live block is: a freed one, and who keeps it, or
// memory of its own.
#ifndef MEMTRACE_CORE_APP_HEAP_PLACE_H
#define MEMTRACE_CORE_APP_HEAP_PLACE_H

#include <cstdint>
#include <optional>
#include <vector>

#include "heap/heap.h"
#include "report/blocks.h"
#include "target/debugger.h"

namespace mt::core {

// Nothing: the address is in no heap.
std::optional<Place> place_in_heaps(const std::vector<heap::Heap>& heaps,
                                    const std::vector<ThreadAt>& threads, std::uint64_t address);

}  // namespace mt::core

#endif
