// SPDX-License-Identifier: MIT
//
// See ranges.h.
#include "roots/ranges.h"

#include <algorithm>
#include <utility>

namespace mt::core {

Ranges ranges_of(std::vector<MemoryRegion> any) {
    std::sort(any.begin(), any.end(),
              [](const MemoryRegion& a, const MemoryRegion& b) { return a.start < b.start; });
    Ranges ranges;
    for (const MemoryRegion& one : any) {
        if (one.start >= one.end) continue;
        if (!ranges.empty() && one.start <= ranges.back().end)
            ranges.back().end = std::max(ranges.back().end, one.end);
        else
            ranges.push_back(one);
    }
    return ranges;
}

Ranges without(const Ranges& from, const Ranges& what) {
    Ranges rest;
    auto hole = what.begin();
    for (MemoryRegion range : from) {
        while (hole != what.end() && hole->end <= range.start) ++hole;
        // The last one that touches this range may reach into the next.
        for (auto at = hole; at != what.end() && at->start < range.end; ++at) {
            if (at->start > range.start) rest.push_back({range.start, at->start});
            range.start = std::max(range.start, at->end);
        }
        if (range.start < range.end) rest.push_back(range);
    }
    return rest;
}

Ranges common(const Ranges& a, const Ranges& b) { return without(a, without(a, b)); }

std::uint64_t bytes_of(const Ranges& ranges) {
    std::uint64_t bytes = 0;
    for (const MemoryRegion& range : ranges) bytes += range.end - range.start;
    return bytes;
}

}  // namespace mt::core
