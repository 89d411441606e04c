// SPDX-License-Identifier: MIT
//
// What would be free if a block were: a block *retains* those to which every way from the roots
// leads through it, itself among them. Blocks that nothing holds are asked the same below the
// heads of the leaks. A parent's back pointers do not change who retains what; one stale word of
// a stack does: a block that it points to is retained by nobody else.
#ifndef MEMTRACE_CORE_GRAPH_DOMINATORS_H
#define MEMTRACE_CORE_GRAPH_DOMINATORS_H

#include <cstdint>
#include <vector>

#include "graph/block_index.h"
#include "graph/leaks.h"
#include "graph/semi_nca.h"

namespace mt::core::graph {

// In the place of a block that alone holds another one.
inline constexpr Number kByRoots = kInterior;      // several ways from roots, or a root's own
inline constexpr Number kByHeads = kInterior + 1;  // the same of blocks that nothing holds

struct Dominators {
    // By block.
    std::vector<Number> immediate;        // the nearest that retains it; kNone: not looked at
    std::vector<std::uint64_t> bytes;     // retained; as they were asked for; they wrap
    std::vector<std::uint32_t> retained;  // blocks, itself too; 0: not looked at
};

// Bytes at the most, besides index and edges: 16 for a block are kept, and with the edges of
// both directions some 56 for a block and 8 for an edge are there at once.
inline std::uint64_t memory_for_dominators(std::uint64_t blocks, std::uint64_t edges) {
    return memory_for_semi_nca(blocks, edges) + blocks * 16;
}

// `held` is outermost() of the roots. O(edges · log blocks).
Result<Dominators> dominators(const BlockIndex& index, const Edges& edges,
                              std::span<const Number> held, const Leaks& leaks,
                              const Interrupted& interrupted);

}  // namespace mt::core::graph

#endif
