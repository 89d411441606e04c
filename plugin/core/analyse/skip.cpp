// SPDX-License-Identifier: MIT
//
// See skip.h.
#include "analyse/skip.h"

#include <fnmatch.h>

#include <array>
#include <utility>

#include "symbols/name.h"

namespace mt::core {
namespace {

constexpr std::array kBaseModules = {"libmemtrace.so*", "libc.so*", "libc-2.*", "ld-linux*",
                                     "ld-2.*"};
constexpr std::array kCxxModules = {"libstdc++.so*", "libc++.so*", "libc++abi.so*"};
// Their frames are the innermost ones of profiles that they write themselves, and
// of operator new where a program runs on them.
constexpr std::array kAllocatorModules = {"libjemalloc.so*", "libtcmalloc*.so*"};
constexpr std::array kFunctions = {"operator new*", "std::*", "__gnu_cxx::*", "__*alloc*"};
constexpr std::array kFiles = {"*/include/c++/*", "*/bits/*", "*/memtrace.h"};

}  // namespace

bool glob_match(const std::string& pattern, std::string_view text) {
    return fnmatch(pattern.c_str(), std::string(text).c_str(), FNM_NOESCAPE) == 0;
}

SkipRules::SkipRules() {
    for (const char* glob : kBaseModules) patterns_.push_back({SkipKind::module, glob, true});
    for (const char* glob : kCxxModules) patterns_.push_back({SkipKind::module, glob, true});
    for (const char* glob : kAllocatorModules) patterns_.push_back({SkipKind::module, glob, true});
    for (const char* glob : kFunctions) patterns_.push_back({SkipKind::function, glob, true});
    for (const char* glob : kFiles) patterns_.push_back({SkipKind::file, glob, true});
}

void SkipRules::add(std::string glob) {
    patterns_.push_back({SkipKind::any, std::move(glob), false});
    modules_.clear();
    frames_.clear();
}

void SkipRules::forget_added() {
    std::erase_if(patterns_, [](const SkipPattern& pattern) { return !pattern.built_in; });
    modules_.clear();
    frames_.clear();
}

bool SkipRules::is_base(std::string_view module_path) const {
    const std::string_view name = base_name(module_path);
    for (const char* glob : kBaseModules)
        if (glob_match(glob, name)) return true;
    return false;
}

bool SkipRules::skips_module(const std::string& path) {
    if (path.empty()) return false;
    const auto [entry, is_new] = modules_.try_emplace(path, false);
    if (!is_new) return entry->second;
    for (const SkipPattern& pattern : patterns_)
        if (pattern.kind == SkipKind::module || pattern.kind == SkipKind::any)
            entry->second = entry->second || glob_match(pattern.glob, base_name(path));
    return entry->second;
}

bool SkipRules::skips_frame(const FrameBook& book, FrameId frame) {
    if (frames_.size() < book.size()) frames_.resize(book.size(), -1);
    std::int8_t& known = frames_[frame];
    if (known >= 0) return known != 0;
    const Frame& record = book[frame];
    const std::string& function = book.text(record.function);
    const std::string& file = book.text(record.file);
    bool skips = skips_module(book.text(record.module));
    for (const SkipPattern& pattern : patterns_) {
        if (skips) break;
        const bool any = pattern.kind == SkipKind::any;
        if (!function.empty() && (any || pattern.kind == SkipKind::function))
            skips = glob_match(pattern.glob, function) ||
                    glob_match(pattern.glob, without_parameters(function));
        if (!skips && !file.empty() && (any || pattern.kind == SkipKind::file))
            skips = glob_match(pattern.glob, file);
    }
    known = skips ? 1 : 0;
    return skips;
}

}  // namespace mt::core
