// SPDX-License-Identifier: MIT
//
// See dominators.h.
#include "graph/dominators.h"

namespace mt::core::graph {

Result<Dominators> dominators(const BlockIndex& index, const Edges& edges,
                              std::span<const Number> held, const Leaks& leaks,
                              const Interrupted& interrupted) {
    std::vector<Number> heads;
    heads.reserve(leaks.leaks.size());
    for (const Leak& leak : leaks.leaks) heads.push_back(leak.head);
    const DominatorTree tree = MT_TRY(semi_nca(edges, held, heads, interrupted));

    Dominators result;
    result.immediate.resize(edges.blocks(), kNone);
    result.bytes.resize(edges.blocks());
    result.retained.resize(edges.blocks());
    Stride stop(interrupted);
    // From the last place on: what a block retains is whole before it is added to another's.
    for (std::size_t place = tree.blocks.size(); place-- > 0;) {
        if (stop()) return interrupted_error();
        const Number block = tree.blocks[place];
        if (block == kNone) continue;
        result.bytes[block] += index.blocks()[block].size;
        ++result.retained[block];
        const std::uint32_t above = tree.immediate[place];
        const Number owner = tree.blocks[above];
        result.immediate[block] = owner != kNone ? owner : above == 0 ? kByRoots : kByHeads;
        if (owner == kNone) continue;
        result.bytes[owner] += result.bytes[block];
        result.retained[owner] += result.retained[block];
    }
    return result;
}

}  // namespace mt::core::graph
