// SPDX-License-Identifier: MIT
//
// Where glibc's malloc keeps its books, told by their shape and by nothing else: no symbol, no
// table of versions. Of malloc_state (malloc/malloc.c) these have held since 2.26: 127 bins, an
// empty one points to itself; before them `top` and `last_remainder`, behind them the next
// arena in a ring. Where the structure begins the ring says. Walks no heap.
#ifndef MEMTRACE_CORE_HEAP_ARENAS_H
#define MEMTRACE_CORE_HEAP_ARENAS_H

#include <cstdint>
#include <string>
#include <vector>

#include "heap/words.h"
#include "model/error.h"
#include "model/poll.h"
#include "source/mappings.h"

namespace mt::core::heap {

// Bytes from the beginning of a malloc_state.
struct Layout {
    std::uint64_t bins = 0;
    std::uint64_t top() const { return bins - 16; }
    // 0: this version has no fast bins (2.43).
    std::uint64_t fast_bins() const { return bins >= 0x68 ? bins - 96 : 0; }
    std::uint64_t next() const { return bins + kBins * 16 + 16; }
    std::uint64_t system_bytes() const { return next() + 24; }
    std::uint64_t most_system_bytes() const { return next() + 32; }
    std::uint64_t size() const { return next() + 40; }

    static constexpr std::uint64_t kBins = 127;
    static constexpr std::uint64_t kFastBins = 10;
};

struct Arena {
    std::uint64_t address = 0;
    std::uint64_t top = 0;           // a chunk; within the arena itself: it has no heap yet
    std::uint64_t system_bytes = 0;  // what it has from the system, as it says
    bool is_locked = false;          // somebody was at work in it
};

// One malloc: the program's, or that of another namespace (dlmopen).
struct Books {
    Layout layout;
    std::vector<Arena> arenas;  // the main one first
    std::string module;         // whose data the main arena is in; "" = not known
    MemoryRegion data;          // that mapping
};

// All that are in the data of the target's modules, libc's first. Errors: interrupted only.
Result<std::vector<Books>> find_books(Words& words, const std::vector<Mapping>& mappings,
                                      const ReadFunction& read, const Interrupted& interrupted);

}  // namespace mt::core::heap

#endif
