// SPDX-License-Identifier: MIT
//
// What was freed and is kept in use by the chunks' own bits: fast bins of arenas, and the
// caches of threads (tcache_perthread_struct). A cache is told by its shape, the ones that are
// empty by where the threads' own memory points; whether links are mangled (since 2.32) by
// which way they end. Every list is bounded by what can be in it.
#ifndef MEMTRACE_CORE_HEAP_CACHES_H
#define MEMTRACE_CORE_HEAP_CACHES_H

#include <cstdint>
#include <optional>
#include <vector>

#include "heap/arenas.h"
#include "heap/walk.h"
#include "heap/words.h"
#include "model/error.h"
#include "model/poll.h"

namespace mt::core::heap {

// Where a thread's own memory is.
struct ThreadPointer {
    std::uint32_t number = 0;  // as the debugger numbers it
    std::uint64_t address = 0;
};

struct ThreadCache {
    std::uint64_t address = 0;  // of the structure, which is a block of the heap
    std::uint32_t thread = 0;   // 0 = not known whose
    std::uint64_t count = 0, bytes = 0;
};

struct BrokenList {
    std::uint64_t head = 0;  // where its first link stands
    std::uint64_t link = 0;  // the last that was followed
};

struct Caches {
    std::vector<ThreadCache> threads;
    std::vector<std::uint64_t> fast_count, fast_bytes;  // by arena
    std::vector<BrokenList> broken;
    // Blocks in caches, ascending, with the place of the cache in `threads`.
    struct Entry {
        std::uint64_t block;
        std::uint32_t cache;
    };
    std::vector<Entry> entries;
};

// Marks what it finds as kept in the maps of the segments, which are in order of address. Errors:
// interrupted only.
Result<Caches> find_caches(Words& words, const Books& books, std::vector<Walked>& segments,
                           const std::vector<ThreadPointer>& threads,
                           const Interrupted& interrupted);

// Of segments in order of address, the one whose chunks hold it; null: none.
Walked* segment_at(std::vector<Walked>& segments, std::uint64_t address);
const Walked* segment_at(const std::vector<Walked>& segments, std::uint64_t address);

}  // namespace mt::core::heap

#endif
