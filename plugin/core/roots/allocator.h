// SPDX-License-Identifier: MIT
//
// Which memory is glibc's heap: there only blocks hold pointers, for what a free leaves behind
// is nobody's any more. Told by the bits that glibc keeps in the word before a block
// (malloc/malloc.c, "malloc_chunk"), so without its symbols. Of memory that it is not sure
// about it says nothing: that is searched like any other.
#ifndef MEMTRACE_CORE_ROOTS_ALLOCATOR_H
#define MEMTRACE_CORE_ROOTS_ALLOCATOR_H

#include <cstdint>
#include <span>
#include <vector>

#include "graph/block.h"
#include "model/error.h"
#include "model/poll.h"
#include "roots/ranges.h"
#include "source/mappings.h"

namespace mt::core {

struct AllocatorMemory {
    Ranges heaps;       // the brk heap and arenas, as far as they are mapped
    Ranges books;       // of the main arena, in libc's data: bins and top, which point to chunks
    bool known = true;  // false: blocks were seen that glibc cannot have made
};

// `blocks` ascend by address. `program_end`: where the executable ends, which the brk heap
// follows; 0 = not known. O(mappings), a few reads for each. Errors: interrupted only.
Result<AllocatorMemory> allocator_memory(Memory& memory, const std::vector<Mapping>& mappings,
                                         const std::vector<graph::Extent>& blocks,
                                         std::uint64_t program_end);

// The main arena's books among the words of libc's data at `address`: an empty bin points to
// itself, most of the 127 are empty, and a word behind them leads to the next arena (malloc.c,
// "malloc_state", as it is since glibc 2.26). Empty: they are not there.
MemoryRegion main_arena_in(std::uint64_t address, std::span<const std::uint64_t> words);

}  // namespace mt::core

#endif
