// SPDX-License-Identifier: MIT
//
// See search_places.h.
#include "target/search_places.h"

#include <fmt/format.h>

#include <string_view>

namespace mt::core {
namespace {

constexpr const char* kDebugFolder = "/usr/lib/debug";

// GDB's "target:" is the target's own file system.
std::string sysroot_of(std::string_view text) {
    for (const std::string_view prefix : {"target:", "remote:"})
        if (text.substr(0, prefix.size()) == prefix) text.remove_prefix(prefix.size());
    while (!text.empty() && text.back() == '/') text.remove_suffix(1);
    return std::string(text);
}

}  // namespace

SearchPlaces search_places(const Target& target) {
    SearchPlaces places;
    places.recorded = !target.remote;
    places.sysroot = sysroot_of(target.sysroot);
    places.file_folders = target.file_folders;
    places.debug_folders = target.debug_folders.value_or(std::vector<std::string>{kDebugFolder});
    places.caches = debuginfod_caches();
    // What dlopen was given begins where the program was.
    if (target.kind == TargetKind::live && !target.remote && target.pid > 0)
        places.beginnings.push_back(fmt::format("/proc/{}/cwd", target.pid));
    places.beginnings.emplace_back(".");
    if (const auto slash = target.executable.rfind('/'); slash != std::string::npos)
        places.beginnings.push_back(target.executable.substr(0, slash + 1));
    return places;
}

}  // namespace mt::core
