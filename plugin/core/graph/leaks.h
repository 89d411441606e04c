// SPDX-License-Identifier: MIT
//
// Blocks that nothing holds, by what has to be looked into: the heads. A head is a strongly
// connected component of such blocks that no other one points to, mostly a single block; all
// that it reaches is lost with it. So a cycle is one leak, which LeakSanitizer shows as none
// that is direct, and of a list that was lost its first block alone is shown.
#ifndef MEMTRACE_CORE_GRAPH_LEAKS_H
#define MEMTRACE_CORE_GRAPH_LEAKS_H

#include <cstdint>
#include <vector>

#include "graph/block_index.h"
#include "graph/components.h"

namespace mt::core::graph {

struct Leak {
    Number head = 0;            // of a cycle, the block with the lowest address
    std::uint32_t members = 0;  // of the head's component: 1, or the cycle's
    // What is lost with it, the head too. A block that two heads reach is counted once, for the
    // one whose address is lower; so the sums over all leaks are those of the blocks.
    std::uint64_t blocks = 0;
    std::uint64_t bytes = 0;  // as they were asked for; they wrap
};

struct Leaks {
    std::vector<Leak> leaks;             // by address of the head
    std::vector<std::uint32_t> leak_of;  // by block: place in leaks; kNone: it is held
};

inline std::uint64_t memory_for_leaks(std::uint64_t blocks) {
    return memory_for_components(blocks) + blocks * 2 * sizeof(Number);
}

// O(blocks + edges).
Result<Leaks> find_leaks(const BlockIndex& index, const Edges& edges, const Reach& reach,
                         const Interrupted& interrupted);

}  // namespace mt::core::graph

#endif
