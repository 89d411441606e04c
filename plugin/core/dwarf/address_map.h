// SPDX-License-Identifier: MIT
//
// Numbers by ranges of addresses, which come from a stranger's file: they may overlap, and there
// may be any number of them. Of several the narrowest one counts.
#ifndef MEMTRACE_CORE_DWARF_ADDRESS_MAP_H
#define MEMTRACE_CORE_DWARF_ADDRESS_MAP_H

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

namespace mt::core {

class AddressMap {
  public:
    static constexpr std::size_t kMostRanges = 1u << 24;

    // False: there are too many.
    bool add(std::uint64_t start, std::uint64_t end, std::uint32_t number) {
        if (start >= end) return true;
        if (ranges_.size() >= kMostRanges) return false;
        ranges_.push_back({start, end, number});
        return true;
    }
    std::size_t size() const { return ranges_.size(); }
    // Once all are there.
    void sort() {
        std::stable_sort(ranges_.begin(), ranges_.end(),
                         [](const Range& a, const Range& b) { return a.start < b.start; });
        std::uint64_t end = 0;
        ends_.reserve(ranges_.size());
        for (const Range& range : ranges_) ends_.push_back(end = std::max(end, range.end));
    }
    std::optional<std::uint32_t> at(std::uint64_t address) const {
        auto next =
            std::upper_bound(ranges_.begin(), ranges_.end(), address,
                             [](std::uint64_t a, const Range& range) { return a < range.start; });
        const Range* best = nullptr;
        for (int looked = 0; next != ranges_.begin() && looked < kMostOverlaps; ++looked) {
            --next;
            if (ends_[static_cast<std::size_t>(next - ranges_.begin())] <= address) break;
            const Range& range = *next;
            if (address < range.end &&
                (best == nullptr || range.end - range.start < best->end - best->start))
                best = &range;
        }
        return best == nullptr ? std::nullopt : std::optional(best->number);
    }

  private:
    static constexpr int kMostOverlaps = 64;
    struct Range {
        std::uint64_t start, end;
        std::uint32_t number;
    };
    std::vector<Range> ranges_;
    std::vector<std::uint64_t> ends_;  // the greatest end among ranges_[0..i]
};

}  // namespace mt::core

#endif
