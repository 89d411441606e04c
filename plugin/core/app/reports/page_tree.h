// SPDX-License-Identifier: MIT
//
// Tracebacks as one tree, each beginning stored once. Bounded: what comes when it is full is one
// stack of its own, so sums stay what they are. Knows no table and no page.
#ifndef MEMTRACE_CORE_APP_REPORTS_PAGE_TREE_H
#define MEMTRACE_CORE_APP_REPORTS_PAGE_TREE_H

#include <cstdint>
#include <map>
#include <optional>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "report/page.h"

namespace mt::core {

struct PageLimits {
    std::size_t stacks = 200'000;
    std::size_t nodes = 1'000'000;
};

class PageTree {
  public:
    explicit PageTree(FrameBook& book, PageLimits limits = {});

    // The stack's number; `frames`: most recent first. Equal tracebacks have one.
    std::uint32_t stack(const std::vector<RowFrame>& frames);
    std::uint64_t merged() const { return merged_; }
    // What all that did not fit is called.
    static constexpr std::string_view kOthers = "(smaller tracebacks)";

    // Gives away what has been made.
    void give_to(PageReport& report);

  private:
    std::uint32_t frame_number(const RowFrame& frame);
    // Nothing: there is no room.
    std::optional<std::uint32_t> node_of(const std::vector<RowFrame>& frames);
    std::optional<std::uint32_t> child(std::uint32_t parent, std::uint32_t frame);
    std::uint32_t stack_at(std::uint32_t node);

    FrameBook& book_;
    PageLimits limits_;
    std::uint64_t merged_ = 0;
    std::vector<RowFrame> frames_;
    std::vector<PageNode> nodes_;
    std::vector<std::uint32_t> stacks_;
    using FrameKey =
        std::tuple<TextId, std::uint32_t, TextId, TextId, TextId, std::optional<std::uint64_t>>;
    std::map<FrameKey, std::uint32_t> frame_numbers_;
    std::unordered_map<std::uint64_t, std::uint32_t> children_;
    std::unordered_map<std::uint32_t, std::uint32_t> stack_numbers_;
};

}  // namespace mt::core

#endif
