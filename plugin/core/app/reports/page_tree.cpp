// SPDX-License-Identifier: MIT
//
// See page_tree.h.
#include "app/reports/page_tree.h"

#include <utility>

namespace mt::core {

PageTree::PageTree(FrameBook& book, PageLimits limits) : book_(book), limits_(limits) {
    frames_.emplace_back();
    nodes_.emplace_back();
}

std::uint32_t PageTree::frame_number(const RowFrame& frame) {
    const FrameKey key{frame.label,
                       frame.line,
                       frame.file,
                       frame.function.value_or(0),
                       frame.module.value_or(0),
                       frame.plus_offset ? frame.offset : std::nullopt};
    const auto [entry, is_new] =
        frame_numbers_.try_emplace(key, static_cast<std::uint32_t>(frames_.size()));
    if (is_new) frames_.push_back(frame);
    return entry->second;
}

std::optional<std::uint32_t> PageTree::child(std::uint32_t parent, std::uint32_t frame) {
    const std::uint64_t key = std::uint64_t{parent} << 32 | frame;
    const auto found = children_.find(key);
    if (found != children_.end()) return found->second;
    if (nodes_.size() >= limits_.nodes) return std::nullopt;
    const auto node = static_cast<std::uint32_t>(nodes_.size());
    nodes_.push_back({parent, frame});
    children_.emplace(key, node);
    return node;
}

std::optional<std::uint32_t> PageTree::node_of(const std::vector<RowFrame>& frames) {
    std::uint32_t node = 0;
    for (auto at = frames.rbegin(); at != frames.rend(); ++at) {
        const auto next = child(node, frame_number(*at));
        if (!next) return std::nullopt;
        node = *next;
    }
    return node;
}

std::uint32_t PageTree::stack_at(std::uint32_t node) {
    const auto [entry, is_new] =
        stack_numbers_.try_emplace(node, static_cast<std::uint32_t>(stacks_.size()));
    if (is_new) stacks_.push_back(node);
    return entry->second;
}

std::uint32_t PageTree::stack(const std::vector<RowFrame>& frames) {
    if (stacks_.size() < limits_.stacks)
        if (const auto node = node_of(frames)) return stack_at(*node);
    ++merged_;
    RowFrame others;
    others.label = book_.text(kOthers);
    const std::uint32_t frame = frame_number(others);
    const std::uint64_t key = frame;  // below the root
    const auto found = children_.find(key);
    if (found != children_.end()) return stack_at(found->second);
    const auto node = static_cast<std::uint32_t>(nodes_.size());
    nodes_.push_back({0, frame});
    children_.emplace(key, node);
    return stack_at(node);
}

void PageTree::give_to(PageReport& report) {
    report.frames = std::move(frames_);
    report.nodes = std::move(nodes_);
    report.stacks = std::move(stacks_);
}

}  // namespace mt::core
