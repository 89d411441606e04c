// SPDX-License-Identifier: MIT
//
// Who called whom, with what was allocated below each, as a value: mt tree.
#ifndef MEMTRACE_CORE_REPORT_TREE_H
#define MEMTRACE_CORE_REPORT_TREE_H

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "analyse/tree.h"
#include "report/rows.h"

namespace mt::core {

struct TreeReport {
    Head head;
    std::string of;  // "snapshot 1", "the peak", …: what it is a tree of
    TreeFrom from = TreeFrom::callers;
    bool is_difference = false;
    const FrameBook* book = nullptr;
    // Kept from one command to the next: numbers stay.
    std::shared_ptr<const std::vector<TreeNode>> nodes;
    std::uint32_t start = 0;  // what is below this node is shown; 0 = all
    std::size_t depth = 0;    // levels that are shown; 0 = all
    double min_share = 0;     // of the total, in percent; smaller nodes are summed up
    std::vector<Remark> remarks;
};

// A shown node, or several that are too small or too deep to be.
struct TreeLine {
    std::uint32_t node = 0;  // 0: the sum of what is not shown
    std::size_t level = 0;   // how far it is indented
    TreeFigures figures;
    std::size_t not_shown = 0;  // nodes right below that are not shown, or of the sum
};

// What is shown, in its order. A node whose only child has all of its bytes is on one level with
// it, so that a chain of calls does not run out of the terminal.
std::vector<TreeLine> lines_of(const TreeReport& report);

}  // namespace mt::core

#endif
