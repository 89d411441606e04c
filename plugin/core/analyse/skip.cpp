// SPDX-License-Identifier: MIT
//
// See skip.h.
#include "analyse/skip.h"

#include <fnmatch.h>

#include <algorithm>
#include <array>
#include <string_view>
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
// Rust's standard library: by its sources, as they lie where it is built, packaged and installed;
// without lines by names that no C++ has, or of modules that allocate.
constexpr std::array kRustFunctions = {"__rust_*",        "__rdl_*",
                                       "__rg_*",          "<alloc::*",
                                       "<core::*",        "<std::*",
                                       "<hashbrown::*",   "hashbrown::*",
                                       "alloc::alloc::*", "alloc::raw_vec::*",
                                       "alloc::vec::*",   "alloc::string::*",
                                       "alloc::boxed::*", "alloc::collections::*"};
constexpr std::array kRustFiles = {"*/rustc*/library/*", "*/rust/library/*", "*/hashbrown-*/src/*"};
// What starts a program or a thread, in a static one; elsewhere it is the C library's.
constexpr std::array<std::string_view, 7> kStarts = {
    "_start", "__libc_start_main", "start_thread", "__libc_start_call_main", "clone",
    "clone3", "__clone3"};

}  // namespace

bool glob_match(const std::string& pattern, std::string_view text) {
    return fnmatch(pattern.c_str(), std::string(text).c_str(), FNM_NOESCAPE) == 0;
}

SkipRules::SkipRules() {
    for (const char* glob : kBaseModules) patterns_.push_back({SkipKind::module, glob, true});
    for (const char* glob : kCxxModules) patterns_.push_back({SkipKind::module, glob, true});
    for (const char* glob : kAllocatorModules) patterns_.push_back({SkipKind::module, glob, true});
    for (const char* glob : kFunctions) patterns_.push_back({SkipKind::function, glob, true});
    for (const char* glob : kRustFunctions) patterns_.push_back({SkipKind::function, glob, true});
    for (const char* glob : kFiles) patterns_.push_back({SkipKind::file, glob, true});
    for (const char* glob : kRustFiles) patterns_.push_back({SkipKind::file, glob, true});
}

void SkipRules::add(std::string glob) {
    patterns_.push_back({SkipKind::any, std::move(glob), false});
    skipped_ = {};
}

void SkipRules::forget_added() {
    std::erase_if(patterns_, [](const SkipPattern& pattern) { return !pattern.built_in; });
    skipped_ = {};
}

bool SkipRules::is_base(std::string_view module_path) const {
    const std::string_view name = base_name(module_path);
    for (const char* glob : kBaseModules)
        if (glob_match(glob, name)) return true;
    return false;
}

bool SkipRules::matches_module(Known& known, bool only_built_in, const std::string& path) const {
    if (path.empty()) return false;
    const auto [entry, is_new] = known.modules.try_emplace(path, false);
    if (!is_new) return entry->second;
    for (const SkipPattern& pattern : patterns_) {
        if (only_built_in && !pattern.built_in) continue;
        if (pattern.kind == SkipKind::module || pattern.kind == SkipKind::any)
            entry->second = entry->second || glob_match(pattern.glob, base_name(path));
    }
    return entry->second;
}

bool SkipRules::matches_frame(Known& known, bool only_built_in, const FrameBook& book,
                              FrameId frame) const {
    if (known.frames.size() < book.size()) known.frames.resize(book.size(), -1);
    if (known.frames[frame] >= 0) return known.frames[frame] != 0;
    const Frame& record = book[frame];
    const std::string& function = book.text(record.function);
    const std::string& file = book.text(record.file);
    bool matches = matches_module(known, only_built_in, book.text(record.module));
    for (const SkipPattern& pattern : patterns_) {
        if (matches) break;
        if (only_built_in && !pattern.built_in) continue;
        const bool any = pattern.kind == SkipKind::any;
        if (!function.empty() && (any || pattern.kind == SkipKind::function))
            matches = glob_match(pattern.glob, function) ||
                      glob_match(pattern.glob, without_parameters(function));
        if (!matches && !file.empty() && (any || pattern.kind == SkipKind::file))
            matches = glob_match(pattern.glob, file);
    }
    known.frames[frame] = matches ? 1 : 0;
    return matches;
}

bool SkipRules::skips_module(const std::string& path) {
    return matches_module(skipped_, false, path);
}

bool SkipRules::skips_frame(const FrameBook& book, FrameId frame) {
    return matches_frame(skipped_, false, book, frame);
}

bool SkipRules::hides_module(const std::string& path) {
    return matches_module(hidden_, true, path);
}

bool SkipRules::hides_frame(const FrameBook& book, FrameId frame) {
    if (matches_frame(hidden_, true, book, frame)) return true;
    const Frame& record = book[frame];
    // With a line it is somebody's own function of that name.
    if (record.function == 0 || record.has_file()) return false;
    return std::find(kStarts.begin(), kStarts.end(), book.text(record.function)) != kStarts.end();
}

}  // namespace mt::core
