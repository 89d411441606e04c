// SPDX-License-Identifier: MIT
//
// Blocks that have a mapping of their own (malloc/malloc.c, "IS_MMAPPED"). They are in no list:
// found page by page in memory of nobody's file, and held against what glibc has counted
// (malloc_par), so that what only looks like one is told from those.
#ifndef MEMTRACE_CORE_HEAP_MAPPED_H
#define MEMTRACE_CORE_HEAP_MAPPED_H

#include <cstdint>
#include <optional>
#include <vector>

#include "heap/arenas.h"
#include "heap/words.h"
#include "model/error.h"
#include "model/poll.h"
#include "model/region.h"

namespace mt::core::heap {

struct MappedChunk {
    std::uint64_t start = 0, bytes = 0;  // of the mapping
    std::uint64_t chunk = 0;             // behind `start` where malloc had to align it
    std::uint64_t block() const { return chunk + 16; }
    std::uint64_t capacity() const { return start + bytes - block(); }
};

// What malloc_par says of them.
struct MappedTotals {
    std::uint64_t count = 0, bytes = 0;
};

// Near the main arena, in the same data; nullopt: not found. `brk_start`: where main's memory
// begins, 0 = it has none.
std::optional<MappedTotals> find_totals(Words& words, const Books& books, std::uint64_t brk_start);

// In the ranges, which have no segment of a heap in them. Errors: interrupted only.
Result<std::vector<MappedChunk>> find_mapped(Words& words, const std::vector<MemoryRegion>& ranges,
                                             const Interrupted& interrupted);

}  // namespace mt::core::heap

#endif
