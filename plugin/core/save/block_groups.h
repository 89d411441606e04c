// SPDX-License-Identifier: MIT
//
// Live blocks of a table, together by traceback and size: what a profile can say
// of them. Encodes nothing.
#ifndef MEMTRACE_CORE_SAVE_BLOCK_GROUPS_H
#define MEMTRACE_CORE_SAVE_BLOCK_GROUPS_H

#include <cstdint>
#include <vector>

#include "model/error.h"
#include "model/poll.h"
#include "model/snapshot.h"

namespace mt::core {

struct BlockGroup {
    std::uint32_t trace = 0;  // place in TracesOfBlocks
    std::uint32_t domain = 0;
    std::uint64_t size = 0;  // of each
    std::uint64_t number = 0;
    // What they stand for: themselves, or more when they are a sample. Nothing if others
    // stand for them.
    std::int64_t live_size = 0, live_count = 0;
    std::int64_t samples = 0;
};

class BlockGroups {
  public:
    // Errors: interrupted only.
    static Result<BlockGroups> of(const Table& table, const Interrupted& interrupted);

    // False at the end. Ascending by trace, then size.
    bool next(BlockGroup& group);
    // Blocks of no traceback that has figures.
    std::uint64_t lost() const { return lost_; }

  private:
    explicit BlockGroups(const Table& table) : table_(table) {}

    struct Entry {
        std::uint64_t size;
        std::uint32_t trace, domain;
    };
    const Table& table_;
    std::vector<Entry> entries_;
    std::size_t at_ = 0;
    std::uint64_t lost_ = 0;
};

}  // namespace mt::core

#endif
