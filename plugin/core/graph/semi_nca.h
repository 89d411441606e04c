// SPDX-License-Identifier: MIT
//
// Immediate dominators by semi-NCA (Georgiadis, "Linear-Time Algorithms for Dominators and
// Related Problems", Princeton 2005): semidominators as Lengauer and Tarjan define them, then
// for each block the nearest ancestor in the tree so far that is not below its semidominator.
// O(edges · log blocks) but for that last step, whose worst case does not come up in practice.
//
// Cooper, Harvey and Kennedy's iteration gives the same tree in far less code and was rejected:
// it repeats until nothing changes, and on one doubly linked list of a million blocks it had not
// ended after a thousand passes. LeakCanary gave up an iteration of that kind, too.
//
// Two roots that are no blocks: what the program holds hangs below the first, the rest below the
// second, and what a leaked block points to does not change who holds a block that is live.
#ifndef MEMTRACE_CORE_GRAPH_SEMI_NCA_H
#define MEMTRACE_CORE_GRAPH_SEMI_NCA_H

#include <cstdint>
#include <span>
#include <vector>

#include "graph/edges.h"

namespace mt::core::graph {

// Blocks in the order in which a search in depth comes to them; each is behind its dominator.
struct DominatorTree {
    std::vector<Number> blocks;            // kNone for the two roots
    std::vector<std::uint32_t> immediate;  // places in `blocks`
    std::uint32_t second_root = 0;         // its place; the first root's is 0
};

// Bytes at the most, besides `edges`: its reverse and six numbers for a block.
inline std::uint64_t memory_for_semi_nca(std::uint64_t blocks, std::uint64_t edges) {
    return memory_for_edges(blocks, edges) + (blocks + 2) * 6 * sizeof(Number);
}

// Blocks below the first root are those that `held` reach, below the second what `heads` reach
// besides. Others have no dominator.
Result<DominatorTree> semi_nca(const Edges& edges, std::span<const Number> held,
                               std::span<const Number> heads, const Interrupted& interrupted);

}  // namespace mt::core::graph

#endif
