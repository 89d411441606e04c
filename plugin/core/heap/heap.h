// SPDX-License-Identifier: MIT
//
// A process's heap as glibc's malloc has it in its own memory, without the runtime, symbols or
// a table of versions: arenas, chunks in use and free, threads' caches, mappings. One walk reads
// each byte of the heap's headers once. What contradicts itself is named with its address and
// left out; nothing here asks a debugger but for bytes.
#ifndef MEMTRACE_CORE_HEAP_HEAP_H
#define MEMTRACE_CORE_HEAP_HEAP_H

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "heap/arenas.h"
#include "heap/caches.h"
#include "heap/mapped.h"
#include "heap/walk.h"
#include "model/error.h"
#include "model/poll.h"
#include "source/mappings.h"
#include "source/memory.h"

namespace mt::core::heap {

// Bytes with headers, as glibc counts them.
struct Sum {
    std::uint64_t count = 0, bytes = 0;
    void add(std::uint64_t size) { ++count, bytes += size; }
    void add(const Sum& other) { count += other.count, bytes += other.bytes; }
};

struct ArenaSums {
    Sum used;    // blocks that somebody has
    Sum cached;  // in threads' caches
    Sum caches;  // the caches themselves
    Sum fast, binned;
    std::uint64_t top_bytes = 0;
    std::uint64_t largest_free = 0;      // a chunk that is binned, or the top
    std::array<Sum, 64> free_by_size{};  // binned ones, by the power of two that they have in them
    std::uint64_t books_bytes = 0;       // headers of heaps and arenas, fences, alignment
    std::uint64_t gap_bytes = 0;         // that others took from brk
    std::uint64_t damaged_bytes = 0;
    std::size_t segments = 0;
    // All of the above; what it lacks of Arena::system_bytes was not found.
    std::uint64_t bytes() const {
        return used.bytes + cached.bytes + caches.bytes + fast.bytes + binned.bytes + top_bytes +
               books_bytes + gap_bytes + damaged_bytes;
    }
};

// What mallinfo2(3) of the same process returns; 0 in fields that malloc does not use.
struct MallInfo {
    std::uint64_t arena = 0, ordblks = 0, smblks = 0, hblks = 0, hblkhd = 0;
    std::uint64_t fsmblks = 0, uordblks = 0, fordblks = 0, keepcost = 0;
};

struct Heap {
    Books books;
    std::vector<Walked> segments;  // in order of address
    Caches caches;
    std::vector<ArenaSums> sums;  // by arena
    std::vector<MappedChunk> mapped;
    bool knows_totals = false;  // malloc_par was found
    MappedTotals totals;
    // All of `mapped` are blocks, and no other is: their sums are glibc's own.
    bool mapped_agree = false;
    MallInfo info;
};

struct HeapOptions {
    std::vector<ThreadPointer> threads;
    std::function<void(std::uint64_t part, std::uint64_t all)> progress;
};

// Each malloc that the process has; empty: none was found, or nothing was ever allocated.
// Reads O(heap) bytes and takes about 1/40 of it in memory. Errors: interrupted only.
Result<std::vector<Heap>> find_heaps(const ReadFunction& read, const std::vector<Mapping>& mappings,
                                     const HeapOptions& options, const Interrupted& interrupted);

// Each block that somebody has, ascending by address; damaged pieces are none. `f` returns
// false to end. `maybe`: it only looks like a mapping of malloc's.
using EachBlock = std::function<bool(std::uint64_t address, std::uint64_t capacity, bool maybe)>;
Result<void> each_block(const Heap& heap, const EachBlock& f, const Interrupted& interrupted);

}  // namespace mt::core::heap

#endif
