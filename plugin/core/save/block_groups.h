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
    std::size_t first = 0;  // of its blocks, for BlockGroups::block
};

class BlockGroups {
  public:
    // Errors: interrupted only.
    static Result<BlockGroups> of(const Table& table, const Interrupted& interrupted);

    // False at the end. Ascending by trace, then size. No group has more than `most` blocks.
    bool next(BlockGroup& group, std::uint64_t most);
    // The i-th block of a group; ascending by place in the table, which is by address.
    const Block& block(const BlockGroup& group, std::uint64_t i) const {
        return table_.blocks[entries_[group.first + i].place];
    }
    // Blocks of no traceback that has figures.
    std::uint64_t lost() const { return lost_; }

  private:
    explicit BlockGroups(const Table& table) : table_(table) {}

    struct Entry {
        std::uint64_t size;
        std::uint32_t trace, domain, place;
    };
    const Table& table_;
    std::vector<Entry> entries_;
    std::size_t at_ = 0;
    std::uint64_t lost_ = 0;
};

}  // namespace mt::core

#endif
