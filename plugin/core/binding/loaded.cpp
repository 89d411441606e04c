// SPDX-License-Identifier: MIT
#include "binding/loaded.h"

#include <array>
#include <cstring>

namespace mt::core {
namespace {

// glibc's <link.h> on 64-bit machines; r_next since 2.35, if r_version is 2 or more.
struct DebugList {
    std::int32_t version;
    std::uint32_t padding;
    std::uint64_t map, brk, state, loader, next;
};
struct LinkMap {
    std::uint64_t bias, name, dynamic, next;
};
constexpr std::size_t kFirstList = offsetof(DebugList, next);  // of version 1
constexpr std::int32_t kHasNext = 2;
constexpr std::uint32_t kMostSpaces = 64;
constexpr std::size_t kMostModules = 16384;
constexpr std::size_t kLongestPath = 4096;

std::string read_path(Memory& memory, std::uint64_t address) {
    std::string path;
    std::array<char, 128> piece;
    while (path.size() < kLongestPath) {
        const auto got = memory.read(address + path.size(), piece.data(), piece.size());
        const std::size_t length = got ? strnlen(piece.data(), *got) : 0;
        path.append(piece.data(), length);
        if (!got || length < piece.size()) break;
    }
    return path;
}

bool read_list(Memory& memory, std::uint64_t at, std::uint32_t space,
               std::vector<LoadedModule>& all) {
    while (at != 0 && all.size() < kMostModules) {
        LinkMap map{};
        if (!read_whole(memory, at, &map, sizeof map)) return false;
        all.push_back({map.bias, map.dynamic, space, read_path(memory, map.name)});
        at = map.next;
    }
    return true;
}

}  // namespace

bool read_whole(Memory& memory, std::uint64_t address, void* out, std::size_t size) {
    const auto got = memory.read(address, out, size);
    return got && *got == size;
}

Result<std::vector<LoadedModule>> loaded_modules(Memory& memory, std::uint64_t r_debug) {
    std::vector<LoadedModule> all;
    for (std::uint32_t space = 0; r_debug != 0 && space < kMostSpaces; ++space) {
        DebugList list{};
        if (!read_whole(memory, r_debug, &list, kFirstList) || list.version < 1) break;
        const bool has_next =
            list.version >= kHasNext && read_whole(memory, r_debug, &list, sizeof list);
        if (!read_list(memory, list.map, space, all) && space == 0) all.clear();
        r_debug = has_next ? list.next : 0;
        if (memory.interrupted()) return fail(Code::interrupted, "interrupted");
    }
    return all;
}

}  // namespace mt::core
