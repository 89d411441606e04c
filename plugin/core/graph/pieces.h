// SPDX-License-Identifier: MIT
//
// Memory in pieces of 1 MiB: large enough that a system call for each does not matter, small
// enough for a cache and for a look at Ctrl-C between two. What cannot be read is said, and only
// that is left out. Knows no pointers.
#ifndef MEMTRACE_CORE_GRAPH_PIECES_H
#define MEMTRACE_CORE_GRAPH_PIECES_H

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "graph/block_index.h"

namespace mt::core::graph {

// Reads up to `size` bytes from `address` into `out`; returns how many from the start could be
// read. An error ends all.
using Read = std::function<Result<std::size_t>(std::uint64_t address, void* out, std::size_t size)>;

inline constexpr std::uint64_t kPiece = std::uint64_t{1} << 20;

// Whole words, ends at multiples of kPiece but for the first and last of a range.
struct Piece {
    std::uint64_t address = 0;
    std::uint64_t size = 0;  // at most kPiece
    std::uint32_t owner = 0;
};

// Appends the whole words of a range as pieces. The range is below 2^57.
void add_pieces(Extent range, std::uint32_t owner, std::vector<Piece>& pieces);
// Pieces that hold all whole words of all blocks, and what lies between blocks closer than a
// page, in order of address. O(blocks).
Result<std::vector<Piece>> pieces_of(const BlockIndex& index, std::uint32_t owner,
                                     const Interrupted& interrupted);

// Fills `words` with what stands at the address, zero where it cannot be read; those places are
// appended to `unreadable`, from page to page.
Result<void> read_words(const Read& read, std::uint64_t address, std::span<std::uint64_t> words,
                        std::vector<Extent>& unreadable);
// In order of address, none beside another.
void put_together(std::vector<Extent>& extents);

}  // namespace mt::core::graph

#endif
