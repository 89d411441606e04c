// SPDX-License-Identifier: MIT
//
// Which words point to blocks. Of 2048 words those within the blocks' span are put together
// first, without a branch that would be guessed wrong; then each step of the look-up is taken
// for all of them while the memory of the next one is fetched. Reads no memory but the words
// that it is given; find() may be called from several threads at once.
//
// A word points to a block if its value is an address in it; any offset counts, as for
// LeakSanitizer. Valgrind's memcheck makes the difference that is kept here: a pointer behind
// the beginning is *interior*, unless something says that programs keep such pointers.
#ifndef MEMTRACE_CORE_GRAPH_POINTERS_H
#define MEMTRACE_CORE_GRAPH_POINTERS_H

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "graph/block_index.h"

namespace mt::core::graph {

struct PointerRules {
    // Interior pointers do not count.
    bool strict = false;
    // Bits at the low end, 1, 3, 7 or 15, in which programs keep marks: a pointer to the
    // beginning with some of them set is one to the beginning.
    std::uint64_t low_tags = 0;
    // Bits that are cleared in each word before it is looked at, as those of a top byte.
    std::uint64_t tag_mask = 0;
    // Whether (block, offset > 0) is as good as a beginning: behind an array's cookie, a base
    // class. Is called from several threads; empty: none is.
    std::function<bool(Number, std::uint64_t)> is_beginning;
};

struct Pointer {
    std::uint32_t position = 0;  // of the word
    Target target = 0;
    std::uint64_t offset = 0;  // in the block that it points to
};

class PointerFinder {
  public:
    PointerFinder(const BlockIndex& index, const PointerRules& rules)
        : index_(index), rules_(rules) {}

    // Appends what `words`, less than 2^32 of them, point to, by position. O(words), and
    // O(log blocks) for a pointer to where blocks are few.
    void find(std::span<const std::uint64_t> words, std::vector<Pointer>& pointers) const;

  private:
    struct Batch;
    void look_up(Batch& batch, std::vector<Pointer>& pointers) const;
    void add(std::uint32_t position, std::uint64_t value, BlockIndex::Place place,
             std::vector<Pointer>& pointers) const;
    bool is_beginning(std::uint64_t value, BlockIndex::Place place) const;

    const BlockIndex& index_;
    const PointerRules& rules_;
};

}  // namespace mt::core::graph

#endif
