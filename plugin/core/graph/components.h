// SPDX-License-Identifier: MIT
//
// Strongly connected components among some of the blocks: Tarjan's search (SIAM J. Comput. 1(2),
// 1972) with one number per block for index, lowest link and component, as Pearce has it
// (Information Processing Letters 116, 2016). A list of millions of blocks is as deep as it is
// long, so the way back is kept on a heap of ours and nothing recurses.
#ifndef MEMTRACE_CORE_GRAPH_COMPONENTS_H
#define MEMTRACE_CORE_GRAPH_COMPONENTS_H

#include <cstdint>
#include <vector>

#include "graph/edges.h"
#include "graph/reach.h"

namespace mt::core::graph {

struct Components {
    // By block: 0 … count - 1, kNone for blocks that were left out. An edge leads to a component
    // of the same or a lower number.
    std::vector<std::uint32_t> of;
    std::uint32_t count = 0;
};

// Bytes at the worst, one list of all blocks: what is kept, the way back and those that wait.
inline std::uint64_t memory_for_components(std::uint64_t blocks) { return blocks * (4 + 16 + 4); }

// Of the blocks that nothing holds. O(blocks + edges).
Result<Components> components_of_unheld(const Edges& edges, const std::vector<Held>& held,
                                        const Interrupted& interrupted);

}  // namespace mt::core::graph

#endif
