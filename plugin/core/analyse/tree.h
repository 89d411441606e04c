// SPDX-License-Identifier: MIT
//
// Rows by traceback as one tree: who called whom, with what was allocated below each. By function,
// so that a node is what a person looks for; in time linear in the tracebacks' frames. Shows
// nothing.
#ifndef MEMTRACE_CORE_ANALYSE_TREE_H
#define MEMTRACE_CORE_ANALYSE_TREE_H

#include <cstddef>
#include <cstdint>
#include <vector>

#include "analyse/difference.h"
#include "analyse/statistics.h"
#include "model/error.h"
#include "model/poll.h"

namespace mt::core {

struct TreeFigures {
    std::int64_t size = 0, count = 0;
    std::int64_t size_diff = 0, count_diff = 0;  // of a difference
};

struct TreeNode {
    RowFrame frame;  // its line is that of the first traceback through it
    TreeFigures figures;
    std::uint32_t parent = 0;             // 0 is the root, whose frame is empty
    std::vector<std::uint32_t> children;  // the largest first
};

enum class TreeFrom : std::uint8_t { callers, callees };

// nodes[0] is the root, with the total; a parent stands before its children, a node's numbers
// are in the order in which they are read. Errors: interrupted only.
Result<std::vector<TreeNode>> tree_of(const FrameBook& book, const std::vector<Statistic>& rows,
                                      TreeFrom from, const Interrupted& interrupted);
Result<std::vector<TreeNode>> tree_of(const FrameBook& book, const std::vector<StatisticDiff>& rows,
                                      TreeFrom from, const Interrupted& interrupted);

}  // namespace mt::core

#endif
