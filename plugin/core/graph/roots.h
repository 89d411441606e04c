// SPDX-License-Identifier: MIT
//
// What a program can reach by itself: words in ranges of its memory, and words that stand in no
// memory (registers). Which there are is for the caller to find; the sets of LeakSanitizer and
// memcheck differ in private mappings, which only the latter looks into.
#ifndef MEMTRACE_CORE_GRAPH_ROOTS_H
#define MEMTRACE_CORE_GRAPH_ROOTS_H

#include <cstdint>

#include "graph/block.h"

namespace mt::core::graph {

enum class RootClass : std::uint8_t {
    module_data,
    thread_local_storage,
    stack,
    registers,
    mapping,
    other,
};

// A set of them.
using RootClasses = std::uint32_t;
inline constexpr RootClasses bit_of(RootClass root_class) {
    return RootClasses{1} << static_cast<unsigned>(root_class);
}

struct Root {
    RootClass root_class = RootClass::other;
    std::uint32_t id = 0;  // the caller's
    Extent range;          // empty: the root is `word`
    std::uint64_t word = 0;
};

// A pointer from a root to a block.
struct RootEdge {
    std::uint64_t slot = 0;  // the address of the pointer; 0: it is the root's word
    std::uint32_t root = 0;  // its place in the caller's list
    Target target = 0;
};
inline constexpr std::uint64_t kMostRootEdges = (std::uint64_t{1} << 31) - 1;

}  // namespace mt::core::graph

#endif
