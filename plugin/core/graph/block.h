// SPDX-License-Identifier: MIT
//
// Blocks as this room knows them: where they lie, and their number in the list. Knows neither
// who made them nor what they are.
#ifndef MEMTRACE_CORE_GRAPH_BLOCK_H
#define MEMTRACE_CORE_GRAPH_BLOCK_H

#include <cstdint>

namespace mt::core::graph {

// Bytes [address, address + size): a block, a range of roots, a hole.
struct Extent {
    std::uint64_t address = 0;
    std::uint64_t size = 0;
    bool operator==(const Extent&) const = default;
};

// A block's place in the list, which is in order of address: neighbours in memory, which mostly
// are what points to each other, are neighbours in all arrays here.
using Number = std::uint32_t;
inline constexpr Number kNone = ~Number{0};

// The highest bit of a number is free for a mark, and kNone is no block.
inline constexpr std::uint64_t kMostBlocks = (std::uint64_t{1} << 31) - 1;

// What a pointer points to: the number of a block, and whether it points behind its beginning.
using Target = std::uint32_t;
inline constexpr Target kInterior = Target{1} << 31;
inline Number block_of(Target target) { return target & ~kInterior; }
inline bool is_interior(Target target) { return (target & kInterior) != 0; }

// Words are looked for where a compiler puts pointers.
inline constexpr std::uint64_t kWord = 8;
inline constexpr std::uint64_t word_at_or_after(std::uint64_t address) {
    return (address + kWord - 1) / kWord * kWord;
}
inline constexpr std::uint64_t word_at_or_before(std::uint64_t address) {
    return address / kWord * kWord;
}

}  // namespace mt::core::graph

#endif
