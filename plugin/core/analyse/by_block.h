// SPDX-License-Identifier: MIT
//
// What statistics() needs where rows are not of tracebacks but of single blocks, by
// something that each block has of its own: its thread, its size. Knows neither, filters
// nothing itself, renders nothing.
#ifndef MEMTRACE_CORE_ANALYSE_BY_BLOCK_H
#define MEMTRACE_CORE_ANALYSE_BY_BLOCK_H

#include <cstdint>
#include <functional>
#include <vector>

#include "analyse/block_filter.h"
#include "model/error.h"
#include "model/poll.h"
#include "model/snapshot.h"

namespace mt::core {

struct RowOfBlocks {
    std::uint64_t key = 0;
    LiveFigures live;
    // Of threads that are counted as a whole; of blocks nobody knows.
    std::uint64_t total_size = 0, total_count = 0;
    std::vector<std::uint32_t> traces;  // indices into Table::traces, ascending
};

using KeyOfBlock = std::function<std::uint64_t(const Block&)>;
using KeepsTrace = std::function<Result<bool>(std::uint32_t)>;

// Live blocks by their keys, in no order; `keeps` is asked for each trace once. Its errors,
// or interrupted.
Result<std::vector<RowOfBlocks>> blocks_by(const Table& table, const BlockFilter& filter,
                                           const KeyOfBlock& key, const KeepsTrace& keeps,
                                           const Interrupted& interrupted);

}  // namespace mt::core

#endif
