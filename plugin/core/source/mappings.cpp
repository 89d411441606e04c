// SPDX-License-Identifier: MIT
//
// /proc/PID/maps of a live process on this machine.
#include "source/mappings.h"

#include <fmt/format.h>

#include <cinttypes>
#include <cstdio>
#include <fstream>

namespace mt::core {

std::vector<Mapping> process_mappings(std::int64_t pid) {
    std::vector<Mapping> mappings;
    std::ifstream maps(fmt::format("/proc/{}/maps", pid));
    for (std::string line; std::getline(maps, line);) {
        Mapping mapping;
        char access[5] = {};
        int path = 0;
        const int fields = std::sscanf(
            line.c_str(), "%" SCNx64 "-%" SCNx64 " %4s %*[0-9a-f] %*[0-9a-f:] %*[0-9] %n",
            &mapping.start, &mapping.end, access, &path);
        if (fields != 3) continue;
        mapping.readable = access[0] == 'r';
        mapping.writable = access[1] == 'w';
        mapping.executable = access[2] == 'x';
        mapping.shared = access[3] != 'p';
        if (path > 0) mapping.path = line.substr(static_cast<std::size_t>(path));
        mappings.push_back(std::move(mapping));
    }
    return in_order(std::move(mappings));
}

std::vector<MemoryRegion> private_writable(const std::vector<Mapping>& mappings) {
    std::vector<MemoryRegion> regions;
    for (const Mapping& mapping : mappings)
        if (mapping.readable && mapping.writable && !mapping.shared)
            regions.push_back({mapping.start, mapping.end});
    return regions;
}

}  // namespace mt::core
