// SPDX-License-Identifier: MIT
//
// /proc/PID/maps of a live process on this machine.
#include <fmt/format.h>

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <fstream>
#include <string>

#include "source/regions.h"

namespace mt::core {

std::vector<MemoryRegion> in_order(std::vector<MemoryRegion> regions) {
    std::sort(regions.begin(), regions.end(),
              [](const MemoryRegion& a, const MemoryRegion& b) { return a.start < b.start; });
    std::vector<MemoryRegion> result;
    for (MemoryRegion region : regions) {
        if (!result.empty()) region.start = std::max(region.start, result.back().end);
        if (region.start < region.end) result.push_back(region);
    }
    return result;
}

std::vector<MemoryRegion> process_regions(std::int64_t pid) {
    std::vector<MemoryRegion> regions;
    std::ifstream maps(fmt::format("/proc/{}/maps", pid));
    for (std::string line; std::getline(maps, line);) {
        std::uint64_t start = 0, end = 0;
        char access[5] = {};
        if (std::sscanf(line.c_str(), "%" SCNx64 "-%" SCNx64 " %4s", &start, &end, access) != 3) {
            continue;
        }
        const bool wanted = access[0] == 'r' && access[1] == 'w' && access[3] == 'p';
        if (wanted) regions.push_back({start, end});
    }
    return in_order(std::move(regions));
}

}  // namespace mt::core
