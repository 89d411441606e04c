// SPDX-License-Identifier: MIT
//
// What lies where in a target's address space, as the kernel, a core or the debugger says.
// Values and ranges in order; reads no memory of the target.
#ifndef MEMTRACE_CORE_SOURCE_MAPPINGS_H
#define MEMTRACE_CORE_SOURCE_MAPPINGS_H

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "model/region.h"

namespace mt::core {

struct Mapping {
    std::uint64_t start = 0, end = 0;
    bool readable = false, writable = false, executable = false;
    bool shared = false;  // with other processes; cores and debuggers do not say: false
    // A file, or a name of the kernel's ("[heap]", "[stack]"); "" = anonymous or not known. The
    // target may have chosen it: to be made safe before it is shown.
    std::string path;
};

// All mappings of a process on this machine, as in_order(); empty when they cannot be told.
std::vector<Mapping> process_mappings(std::int64_t pid);

// Those that hold what a program keeps for itself.
std::vector<MemoryRegion> private_writable(const std::vector<Mapping>& mappings);

// Ascending, without overlaps: what two have in common stays with the one that begins first, or
// else that comes first.
template <typename Range>
std::vector<Range> in_order(std::vector<Range> ranges) {
    std::stable_sort(ranges.begin(), ranges.end(),
                     [](const Range& a, const Range& b) { return a.start < b.start; });
    std::vector<Range> result;
    for (Range& range : ranges) {
        if (!result.empty()) range.start = std::max(range.start, result.back().end);
        if (range.start < range.end) result.push_back(std::move(range));
    }
    return result;
}

// Of ranges in order, the one that holds the address; null: none does.
template <typename Range>
const Range* range_at(const std::vector<Range>& ranges, std::uint64_t address) {
    const auto next =
        std::upper_bound(ranges.begin(), ranges.end(), address,
                         [](std::uint64_t at, const Range& range) { return at < range.start; });
    if (next == ranges.begin() || address >= std::prev(next)->end) return nullptr;
    return &*std::prev(next);
}

}  // namespace mt::core

#endif
