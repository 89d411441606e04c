// SPDX-License-Identifier: MIT
//
// Which memory an arena has from the system: main's piece of brk, and the heaps of the others,
// which are aligned to a size that glibc was built or told to use. Found by what the arenas'
// books say; what does not add up to their own sum is left to who walks it. Walks no chunk.
#ifndef MEMTRACE_CORE_HEAP_SEGMENTS_H
#define MEMTRACE_CORE_HEAP_SEGMENTS_H

#include <cstdint>
#include <vector>

#include "heap/arenas.h"
#include "heap/words.h"

namespace mt::core::heap {

struct Segment {
    std::size_t arena = 0;             // its place in Books::arenas
    std::uint64_t start = 0;           // where the memory begins: books, then chunks
    std::uint64_t first = 0, end = 0;  // of its chunks
    bool has_top = false;              // else its last chunks are fences
};

// main's are first. An arena without any has no heap yet, or books that contradict themselves.
std::vector<Segment> find_segments(Words& words, const Books& books);

}  // namespace mt::core::heap

#endif
