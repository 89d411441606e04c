// SPDX-License-Identifier: MIT
//
// Who points to whom: the targets of all blocks one after another, in order of the blocks that
// hold them (compressed sparse rows). Where in its holder a pointer stands is not kept: slots.h
// finds it again. A pointer of a block to itself says nothing about who holds what and is left
// out, as chap does; of equal pointers side by side in one block the first is kept.
#ifndef MEMTRACE_CORE_GRAPH_EDGES_H
#define MEMTRACE_CORE_GRAPH_EDGES_H

#include <cstdint>
#include <span>
#include <vector>

#include "graph/block.h"
#include "model/error.h"
#include "model/poll.h"

namespace mt::core::graph {

struct Edges {
    std::vector<std::uint64_t> offsets;  // of a block's first target; one more than blocks
    std::vector<Target> targets;

    Number blocks() const { return offsets.empty() ? 0 : static_cast<Number>(offsets.size() - 1); }
    std::span<const Target> of(Number block) const {
        return {targets.data() + offsets[block], targets.data() + offsets[block + 1]};
    }
};

// Bytes of one direction.
inline std::uint64_t memory_for_edges(std::uint64_t blocks, std::uint64_t edges) {
    return (blocks + 1) * sizeof(std::uint64_t) + edges * sizeof(Target);
}

// Of each block those that point to it, ascending; what is interior stays so. O(blocks + edges).
Result<Edges> reversed(const Edges& edges, const Interrupted& interrupted);
// Those that point to one block, ascending, each once. O(edges), without memory.
Result<std::vector<Number>> holders_of(const Edges& edges, Number block,
                                       const Interrupted& interrupted);

}  // namespace mt::core::graph

#endif
