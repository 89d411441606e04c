// SPDX-License-Identifier: MIT
//
// Where in one block its pointers stand: read anew, because nobody asks it of more than a few
// blocks. The program may have run on since the scan; what is found is what is there now.
#ifndef MEMTRACE_CORE_GRAPH_SLOTS_H
#define MEMTRACE_CORE_GRAPH_SLOTS_H

#include <cstdint>
#include <vector>

#include "graph/block_index.h"
#include "graph/pieces.h"
#include "graph/pointers.h"

namespace mt::core::graph {

struct Slot {
    std::uint64_t offset = 0;  // in the holder
    Target target = 0;
    std::uint64_t target_offset = 0;  // in what it points to
};

struct Slots {
    std::vector<Slot> slots;         // by offset; pointers to the holder itself, too
    std::vector<Extent> unreadable;  // of the holder
};

// Of pointers to `target` only, unless that is kNone. O(the holder's size).
Result<Slots> slots_of(const BlockIndex& index, Number holder, Number target, const Read& read,
                       const PointerRules& rules, const Interrupted& interrupted);

}  // namespace mt::core::graph

#endif
