// SPDX-License-Identifier: MIT
//
// What the roots hold. Three searches in breadth, each going on where the one before it ended:
// from the roots; from roots of classes that are said to be weak; from suppressed blocks. A
// block belongs to the first that comes to it, and its parent is on a shortest way of that one.
//
// As memcheck does, blocks are told apart that no chain of pointers to beginnings comes to: a
// number may look like an address, and those behind a beginning are the likelier ones. As
// LeakSanitizer does, a suppressed block hides what it holds.
#ifndef MEMTRACE_CORE_GRAPH_REACH_H
#define MEMTRACE_CORE_GRAPH_REACH_H

#include <cstdint>
#include <span>
#include <vector>

#include "graph/edges.h"
#include "graph/roots.h"

namespace mt::core::graph {

enum class Held : std::uint8_t {
    not_at_all,
    by_beginnings,  // all the way from a root
    by_interior,    // each way from a root has an interior pointer in it
    weakly,         // by roots of weak classes only
    by_suppressed,  // by suppressed blocks only, or is one
};

struct Reach {
    std::vector<Held> held;  // by block
    // By block: the block before it on its way; with kInterior set, the place of the RootEdge
    // that it begins with; kNone for blocks that are not held, and for suppressed ones.
    std::vector<std::uint32_t> parents;
};

struct ReachOptions {
    RootClasses weak = 0;
    std::vector<Number> suppressed;
};

// Bytes, with the queue.
inline std::uint64_t memory_for_reach(std::uint64_t blocks) {
    return blocks * (sizeof(Held) + 2 * sizeof(Number));
}

// `roots` is the list that was scanned. O(blocks + edges).
Result<Reach> reach(const Edges& edges, const std::vector<Root>& roots,
                    std::span<const RootEdge> root_edges, const ReachOptions& options,
                    const Interrupted& interrupted);

// A shortest way to a block that is held.
struct Chain {
    std::vector<Number> blocks;       // the block itself first, outwards
    std::uint32_t root_edge = kNone;  // kNone: the last one is suppressed, or held by nothing
};
Chain chain_to(const Reach& reach, Number block);

// What holds all others that are held: blocks that root edges come to, and suppressed ones that
// nothing else holds. Ascending, each once.
std::vector<Number> outermost(std::span<const RootEdge> root_edges, const Reach& reach);

}  // namespace mt::core::graph

#endif
