// SPDX-License-Identifier: MIT
//
// See next_run.h.
#include "app/next_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "binding/program_file.h"

namespace mt::core {
namespace {

// The variable MEMTRACE.
std::string environment_of(const Start& start) {
    std::string text = std::to_string(start.frames);
    if (start.stamps) text += ",stamps";
    if (start.freed_blocks != 0) text += fmt::format(",freed={}", start.freed_blocks);
    if (start.sample_bytes != 0) text += fmt::format(",sample={}", start.sample_bytes);
    return text;
}

}  // namespace

std::string preloads(std::string_view list, std::string_view former, std::string_view library) {
    // First, so that another allocator in the list is the one that the runtime calls.
    std::string text(library);
    while (!list.empty()) {
        // The dynamic linker separates by colon or space.
        const auto end = std::min(list.find_first_of(": "), list.size());
        const auto entry = list.substr(0, end);
        list.remove_prefix(std::min(end + 1, list.size()));
        if (entry.empty() || entry == former || entry == library) continue;
        if (!text.empty()) text += ':';
        text += entry;
    }
    return text;
}

Result<std::string> NextRun::library() const {
    const std::string library = (std::filesystem::path(directory_) / "libmemtrace.so").string();
    std::error_code error;
    if (!std::filesystem::exists(library, error))
        return fail(Code::io,
                    fmt::format("there is no {}; install memtrace's runtime there", library));
    if (library.find_first_of(": ") != std::string::npos)
        return fail(Code::refused,
                    fmt::format("LD_PRELOAD is cut at colons and spaces and cannot name {}; "
                                "install memtrace under a path without them",
                                library));
    return library;
}

Result<std::string> NextRun::prepare(const std::optional<Start>& start) {
    std::string library = MT_TRY(this->library());
    std::optional<std::string> environment;
    if (start) environment = environment_of(*start);
    MT_TRY(debugger_.prepare_run(library, environment));
    start_ = start;
    preload_ = true;
    return library;
}

Result<void> NextRun::forget_start() {
    const auto library = std::filesystem::path(directory_) / "libmemtrace.so";
    MT_TRY(debugger_.prepare_run(library.string(), std::nullopt));
    start_.reset();
    return {};
}

Result<void> NextRun::forget() {
    MT_TRY(debugger_.prepare_run(std::nullopt, std::nullopt));
    start_.reset();
    preload_ = false;
    return {};
}

std::string NextRun::obstacle() {
    if (!preload_) return "";
    auto target = debugger_.target();
    const bool is_here = target && !target->remote && !target->executable.empty();
    return is_here ? preload_obstacle(target->executable) : "";
}

Result<bool> NextRun::await(const Target& target, const Start& start) {
    const bool waits = MT_TRY(debugger_.await_runtime());
    if (!waits) return false;
    on_load_ = start;
    pid_ = target.pid;
    return true;
}

}  // namespace mt::core
