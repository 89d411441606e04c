// SPDX-License-Identifier: MIT
//
// See tree.h.
#include "analyse/tree.h"

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "model/wrapping.h"

namespace mt::core {
namespace {

// A function of a file or module; code without a function is told apart as rows are.
struct Key {
    std::uint32_t parent = 0;
    TextId label = 0, function = 0;
    std::uint64_t place = 0;
    bool operator==(const Key&) const = default;
};

struct KeyHash {
    std::size_t operator()(const Key& key) const {
        std::uint64_t hash = key.parent;
        for (const std::uint64_t part :
             {std::uint64_t{key.label}, std::uint64_t{key.function}, key.place})
            hash = (hash ^ part) * 0x9e3779b97f4a7c15ull + (hash >> 29);
        return std::hash<std::uint64_t>()(hash);
    }
};

TreeFigures figures_of(const Statistic& row) { return {row.size, row.count, 0, 0}; }
TreeFigures figures_of(const StatisticDiff& row) {
    return {row.size, row.count, row.size_diff, row.count_diff};
}

void charge(TreeFigures& into, const TreeFigures& more) {
    into.size = add(into.size, more.size);
    into.count = add(into.count, more.count);
    into.size_diff = add(into.size_diff, more.size_diff);
    into.count_diff = add(into.count_diff, more.count_diff);
}

class Builder {
  public:
    Builder() : nodes_(1) {}

    void charge_all(const std::vector<RowFrame>& traceback, const TreeFigures& figures,
                    TreeFrom from) {
        charge(nodes_[0].figures, figures);
        std::uint32_t at = 0;
        const std::size_t count = traceback.size();
        for (std::size_t i = 0; i < count; ++i) {
            at = child_of(at, traceback[from == TreeFrom::callers ? count - 1 - i : i]);
            charge(nodes_[at].figures, figures);
        }
    }

    // Numbered as they are read: a node, then all below it, the largest first.
    std::vector<TreeNode> finish(const FrameBook& book) {
        for (std::uint32_t i = 1; i < nodes_.size(); ++i)
            nodes_[nodes_[i].parent].children.push_back(i);
        for (TreeNode& node : nodes_)
            std::sort(node.children.begin(), node.children.end(),
                      [&](std::uint32_t a, std::uint32_t b) { return is_before(book, a, b); });
        std::vector<std::uint32_t> order, number(nodes_.size()), waiting = {0};
        while (!waiting.empty()) {
            const std::uint32_t at = waiting.back();
            waiting.pop_back();
            number[at] = static_cast<std::uint32_t>(order.size());
            order.push_back(at);
            const auto& children = nodes_[at].children;
            waiting.insert(waiting.end(), children.rbegin(), children.rend());
        }
        std::vector<TreeNode> out;
        out.reserve(order.size());
        for (const std::uint32_t at : order) {
            TreeNode& node = out.emplace_back(std::move(nodes_[at]));
            node.parent = number[node.parent];
            for (std::uint32_t& child : node.children) child = number[child];
        }
        return out;
    }

  private:
    std::uint32_t child_of(std::uint32_t parent, const RowFrame& frame) {
        Key key{parent, frame.label, frame.function.value_or(0), 0};
        if (key.function == 0) key.place = frame.plus_offset ? *frame.offset : frame.line;
        const auto next = static_cast<std::uint32_t>(nodes_.size());
        const auto [entry, is_new] = index_.try_emplace(key, next);
        if (is_new) {
            TreeNode& made = nodes_.emplace_back();
            made.frame = frame;
            made.parent = parent;
        }
        return entry->second;
    }

    bool is_before(const FrameBook& book, std::uint32_t a, std::uint32_t b) const {
        const auto key = [](const TreeFigures& figures) {
            return std::make_tuple(std::llabs(figures.size_diff), figures.size,
                                   std::llabs(figures.count_diff), figures.count);
        };
        const auto of_a = key(nodes_[a].figures), of_b = key(nodes_[b].figures);
        if (of_a != of_b) return of_a > of_b;
        return traceback_less(book, {nodes_[b].frame}, {nodes_[a].frame});
    }

    std::vector<TreeNode> nodes_;
    std::unordered_map<Key, std::uint32_t, KeyHash> index_;
};

template <typename Row>
Result<std::vector<TreeNode>> tree(const FrameBook& book, const std::vector<Row>& rows,
                                   TreeFrom from, const Interrupted& interrupted) {
    Builder builder;
    Stride stop(interrupted);
    for (const Row& row : rows) {
        if (stop()) return interrupted_error();
        builder.charge_all(row.traceback, figures_of(row), from);
    }
    return builder.finish(book);
}

}  // namespace

Result<std::vector<TreeNode>> tree_of(const FrameBook& book, const std::vector<Statistic>& rows,
                                      TreeFrom from, const Interrupted& interrupted) {
    return tree(book, rows, from, interrupted);
}

Result<std::vector<TreeNode>> tree_of(const FrameBook& book, const std::vector<StatisticDiff>& rows,
                                      TreeFrom from, const Interrupted& interrupted) {
    return tree(book, rows, from, interrupted);
}

}  // namespace mt::core
