// SPDX-License-Identifier: MIT
//
// Which live blocks a report is about, and their figures by traceback. Looks at
// the blocks of a table, at nothing behind them.
#ifndef MEMTRACE_CORE_ANALYSE_BLOCK_FILTER_H
#define MEMTRACE_CORE_ANALYSE_BLOCK_FILTER_H

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "model/error.h"
#include "model/poll.h"
#include "model/snapshot.h"

namespace mt::core {

// Live figures of a trace that are not those of its counters.
struct LiveFigures {
    std::int64_t size = 0, count = 0, samples = 0;
    std::int64_t held_size = 0, held_count = 0;  // see ChosenBlocks
};

// Blocks of one table that somebody has chosen one by one, and what is lost with some of them.
struct ChosenBlocks {
    struct Held {
        std::uint64_t size = 0, count = 0;  // of blocks that only this one holds
    };
    std::vector<bool> has;                         // by place in Table::blocks
    std::unordered_map<std::uint32_t, Held> held;  // by place
};

struct BlockFilter {
    static constexpr std::uint64_t kAnySize = std::numeric_limits<std::uint64_t>::max();

    std::uint64_t min_size = 0;  // bytes
    std::uint64_t max_size = kAnySize;
    std::optional<std::uint32_t> since;  // allocated at or after this mark of a stamp
    std::optional<std::uint32_t> until;  // before it; a block without a stamp is older than all
    std::vector<std::uint32_t>
        threads;                       // by one of these, as in stamps (0: not known); empty = any
    std::vector<std::uint32_t> types;  // BlockType::number(); empty = any
    std::shared_ptr<const ChosenBlocks> chosen;  // of these alone; null = of all

    bool needs_stamps() const { return since || until || !threads.empty(); }
    bool needs_blocks() const {
        return min_size != 0 || max_size != kAnySize || needs_stamps() || !types.empty() ||
               chosen != nullptr;
    }
    // `block` is one of table.blocks.
    bool keeps(const Table& table, const Block& block) const;
    // What is lost with it; nothing where nobody chose.
    ChosenBlocks::Held held_by(const Table& table, const Block& block) const;
    bool operator==(const BlockFilter&) const = default;
};

// What a block stands for, in a sampled table more than itself; with fraction bits
// there (abi/weight.h), so figures are finished once they are added up. What it holds, too.
void add_block(const Table& table, const BlockFilter& filter, const Block& block,
               LiveFigures& figures);
void finish(const Table& table, LiveFigures& figures);

// For each of Table::traces, what its blocks that the filter keeps are.
Result<std::vector<LiveFigures>> figures_of_blocks(const Table& table, const BlockFilter& filter,
                                                   const Interrupted& interrupted = {});

// By stack id: index into Table::traces plus one; 0 = none.
std::vector<std::uint32_t> places_of_traces(const Table& table);

// The tracebacks of a table's blocks. While sampling, blocks that are not in the sample
// have no row in Table::traces, for they are in the estimates of the others; they have a
// traceback here all the same, which says just that.
class TracesOfBlocks {
  public:
    explicit TracesOfBlocks(const Table& table);

    // Index into Table::traces, or the place after the last one: not in the sample.
    // Nothing: the block names no traceback that the table has.
    std::optional<std::uint32_t> place_of(const Block& block) const;
    std::uint32_t not_sampled() const { return static_cast<std::uint32_t>(table_.traces.size()); }
    const Trace& at(std::uint32_t place) const {
        return place < not_sampled() ? table_.traces[place] : none_;
    }

  private:
    const Table& table_;
    const std::vector<std::uint32_t> places_;
    Trace none_;
};

// Blocks without a stamp.
std::uint64_t count_unstamped(const Table& table);

}  // namespace mt::core

#endif
