// SPDX-License-Identifier: MIT
//
// See tree.h.
#include "report/tree.h"

#include <cmath>
#include <utility>

#include "model/wrapping.h"

namespace mt::core {
namespace {

struct Waiting {
    std::uint32_t node;
    std::size_t level;
};

std::int64_t weight_of(const TreeReport& report, const TreeFigures& figures) {
    return report.is_difference ? figures.size_diff : figures.size;
}

bool is_small(const TreeReport& report, const TreeNode& node) {
    const auto whole = static_cast<double>(weight_of(report, report.nodes->front().figures));
    const auto part = static_cast<double>(weight_of(report, node.figures));
    return std::fabs(part) * 100 < std::fabs(whole) * report.min_share;
}

void put_sum(TreeFigures& sum, const TreeFigures& more) {
    sum.size = add(sum.size, more.size);
    sum.count = add(sum.count, more.count);
    sum.size_diff = add(sum.size_diff, more.size_diff);
    sum.count_diff = add(sum.count_diff, more.count_diff);
}

}  // namespace

std::vector<TreeLine> lines_of(const TreeReport& report) {
    const std::vector<TreeNode>& nodes = *report.nodes;
    std::vector<TreeLine> lines;
    // Sums come after the last node beside them, so they wait on the stack, too.
    std::vector<std::pair<Waiting, TreeLine>> waiting;
    const auto open = [&](std::uint32_t at, std::size_t level) {
        TreeLine small;
        small.level = level;
        std::vector<std::uint32_t> large;
        for (const std::uint32_t child : nodes[at].children) {
            if (!is_small(report, nodes[child])) {
                large.push_back(child);
                continue;
            }
            ++small.not_shown;
            put_sum(small.figures, nodes[child].figures);
        }
        if (small.not_shown != 0) waiting.push_back({{0, level}, small});
        for (std::size_t i = large.size(); i-- > 0;) waiting.push_back({{large[i], level}, {}});
    };
    if (report.start != 0) {
        const TreeNode& start = nodes[report.start];
        lines.push_back({report.start, 0, start.figures, 0});
    }
    open(report.start, report.start == 0 ? 0 : 1);
    while (!waiting.empty()) {
        const auto [next, sum] = std::move(waiting.back());
        waiting.pop_back();
        if (next.node == 0) {
            lines.push_back(sum);
            continue;
        }
        const TreeNode& node = nodes[next.node];
        const bool is_chain =
            node.children.size() == 1 &&
            nodes[node.children.front()].figures.count == node.figures.count &&
            nodes[node.children.front()].figures.size == node.figures.size &&
            nodes[node.children.front()].figures.size_diff == node.figures.size_diff;
        const std::size_t level = next.level + (is_chain ? 0 : 1);
        const bool is_folded = report.depth != 0 && level >= report.depth;
        lines.push_back({next.node, next.level, node.figures,
                         is_folded ? node.children.size() : std::size_t{0}});
        if (!is_folded) open(next.node, level);
    }
    return lines;
}

}  // namespace mt::core
