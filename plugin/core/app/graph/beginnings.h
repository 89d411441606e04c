// SPDX-License-Identifier: MIT
//
// Pointers behind a block's beginning that programs keep in the place of one to it. memcheck
// has the same two: the first element of an array behind the number of them (Itanium C++ ABI,
// 2.7), and a base class that has virtual functions, of which the vtable says how far it lies
// from the beginning (2.5.2, offset to top). Reads the block and the vtable.
#ifndef MEMTRACE_CORE_APP_GRAPH_BEGINNINGS_H
#define MEMTRACE_CORE_APP_GRAPH_BEGINNINGS_H

#include <cstdint>
#include <utility>

#include "graph/block.h"
#include "roots/ranges.h"
#include "source/memory.h"

namespace mt::core {

class Beginnings {
  public:
    // `modules`: where vtables can be. May be asked by as many threads as `read`.
    Beginnings(ReadFunction read, Ranges modules)
        : read_(std::move(read)), modules_(std::move(modules)) {}

    // Whether `offset` bytes into the block, not 0, is as good as its beginning.
    bool is_one(const graph::Extent& block, std::uint64_t offset) const;

  private:
    bool word_at(std::uint64_t address, std::uint64_t& word) const;
    bool is_behind_cookie(const graph::Extent& block, std::uint64_t offset) const;
    bool is_base(const graph::Extent& block, std::uint64_t offset) const;
    bool is_vtable_for(std::uint64_t vtable, std::uint64_t offset) const;

    ReadFunction read_;
    Ranges modules_;
};

}  // namespace mt::core

#endif
