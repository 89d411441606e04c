// SPDX-License-Identifier: MIT
//
// A heap as its allocator keeps it (mt heap), as values. Sizes are what the allocator counts:
// with each block's header.
#ifndef MEMTRACE_CORE_REPORT_HEAP_H
#define MEMTRACE_CORE_REPORT_HEAP_H

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "model/snapshot.h"
#include "report/rows.h"

namespace mt::core {

struct HeapArena {
    std::uint64_t address = 0;
    bool is_locked = false;
    std::int64_t system_bytes = 0;
    Amount used, cached, free;
    std::int64_t largest_free = 0;
    std::size_t segments = 0;
};

struct HeapCache {
    std::uint32_t thread = 0, tid = 0;  // as the debugger numbers it; 0 = not known whose
    Amount blocks;
};

// Chunks of sizes from `from` up to twice that.
struct HeapFreeClass {
    std::int64_t from = 0;
    Amount amount;
};

struct HeapTrouble {
    std::uint64_t address = 0;
    std::int64_t size = 0;  // bytes that are left out; 0 = none
    std::string text;       // what is wrong there
};

// One malloc; a process with several libcs has several.
struct HeapOfOne {
    std::string module;  // "" = not known
    Amount used, cached, binned, fast, mapped;
    std::int64_t system_bytes = 0, top_bytes = 0, books_bytes = 0, gap_bytes = 0;
    std::int64_t largest_free = 0;
    std::vector<HeapArena> arenas;
    std::vector<HeapCache> caches;
    std::vector<HeapFreeClass> free_classes;
    std::vector<HeapTrouble> troubles;
    std::vector<std::pair<const char*, std::uint64_t>> mallinfo;  // as mallinfo2(3) has them
};

struct HeapReport {
    std::vector<HeapOfOne> heaps;
    bool lists_troubles = false;  // all of them; else how many there are, and the first
    std::vector<Remark> remarks;
};

}  // namespace mt::core

#endif
