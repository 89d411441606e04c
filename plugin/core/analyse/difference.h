// SPDX-License-Identifier: MIT
//
// tracemalloc's Snapshot.compare_to(): the statistics of two snapshots joined by
// their key. Groups nothing itself and renders nothing.
#ifndef MEMTRACE_CORE_ANALYSE_DIFFERENCE_H
#define MEMTRACE_CORE_ANALYSE_DIFFERENCE_H

#include <cstdint>
#include <vector>

#include "analyse/statistics.h"
#include "model/error.h"
#include "model/poll.h"
#include "symbols/frame.h"

namespace mt::core {

struct StatisticDiff {
    std::int64_t size = 0, size_diff = 0;  // of the new snapshot; new - old
    std::int64_t count = 0, count_diff = 0;
    std::int64_t samples = 0;  // of both, that the row was estimated from; 0 = it is exact
    std::vector<RowFrame> traceback;
    std::vector<std::uint32_t> traces;      // of the new table
    std::vector<std::uint32_t> old_traces;  // of the old one
};

// Both grouped alike over one book. Rows that did not change stay. Sorted
// descending by (|size_diff|, size, |count_diff|, count, traceback). Errors: interrupted only.
Result<std::vector<StatisticDiff>> compare(const FrameBook& book, std::vector<Statistic> now,
                                           std::vector<Statistic> old,
                                           const Interrupted& interrupted = {});

// Of the rows from the first-th on; traceback and traces stay empty.
StatisticDiff sum_of(const std::vector<StatisticDiff>& rows, std::size_t first);

}  // namespace mt::core

#endif
