// SPDX-License-Identifier: MIT
//
// Large pieces for speed, none so large that Ctrl-C waits for it.
#include "source/callback_memory.h"

#include <sys/stat.h>

#include <algorithm>

#include "source/direct_memory.h"

namespace mt::core {
namespace {

constexpr std::size_t kChunk = 1u << 20;
constexpr std::size_t kPage = 4096;  // the smallest of any platform that we serve

std::vector<Mapping> debugger_mappings(const mtc_debugger& debugger) {
    std::vector<Mapping> mappings;
    if (debugger.regions == nullptr) return mappings;
    auto add = [](void* sink, const mtc_region* region) {
        if (region == nullptr) return;
        Mapping mapping;
        mapping.start = region->start;
        mapping.end = region->end;
        mapping.readable = region->readable != 0;
        mapping.writable = region->writable != 0;
        static_cast<std::vector<Mapping>*>(sink)->push_back(mapping);
    };
    debugger.regions(debugger.user, add, &mappings);
    return in_order(std::move(mappings));
}

}  // namespace

Result<std::size_t> CallbackMemory::read(std::uint64_t address, void* out, std::size_t size) {
    auto* bytes = static_cast<unsigned char*>(out);
    std::size_t done = 0;
    while (done < size) {
        if (done != 0 && interrupted()) return fail(Code::interrupted, "interrupted");
        // What a core lacks GDB shows as zeros, or as the library's file has it: neither is
        // the program's memory.
        const std::uint64_t present = core_ ? core_->present_from(address + done) : UINT64_MAX;
        const auto want = static_cast<std::size_t>(
            std::min<std::uint64_t>(std::min(size - done, kChunk), present));
        if (want == 0) break;
        auto got = read_piece(address + done, bytes + done, want);
        if (!got) return got;
        done += *got;
        if (*got < want) break;
    }
    return done;
}

// GDB reads a range as a whole or not at all; a remote stub fails a packet that touches a page
// which cannot be read. So what failed is asked for again by halves, down to the rest of a page:
// everything before that page arrives.
Result<std::size_t> CallbackMemory::read_piece(std::uint64_t address, unsigned char* out,
                                               std::size_t size) {
    std::size_t done = 0;
    for (std::size_t piece = size; done < size;) {
        const std::uint64_t at = address + done;
        const auto rest_of_page = static_cast<std::size_t>(kPage - at % kPage);
        const std::size_t ask = std::min(size - done, piece > kPage ? piece : rest_of_page);
        std::uint64_t got = 0;
        const int status = debugger_.read(debugger_.user, at, out + done, ask, &got);
        if (status == MTC_INTERRUPTED) return fail(Code::interrupted, "interrupted");
        if (status != MTC_OK) break;
        const auto sound = static_cast<std::size_t>(std::min<std::uint64_t>(got, ask));
        done += sound;
        if (sound == ask) continue;
        if (ask <= rest_of_page) break;
        piece = ask / 2;
    }
    return done;
}

void CallbackMemory::use_core_file(const std::string& path) {
    struct stat info {};
    const bool is_there = !path.empty() && ::stat(path.c_str(), &info) == 0;
    const std::int64_t time =
        is_there ? info.st_mtim.tv_sec * 1'000'000'000 + info.st_mtim.tv_nsec : 0;
    const bool same = is_there && core_ && path == core_path_ && time == core_time_ &&
                      core_->size == static_cast<std::uint64_t>(info.st_size);
    if (same) return;
    core_path_ = path;
    core_time_ = time;
    core_.reset();
    if (is_there) core_ = read_core_file(path);
}

std::optional<std::int64_t> CallbackMemory::local_process() {
    mtc_target target{};
    if (debugger_.target == nullptr || debugger_.target(debugger_.user, &target) != MTC_OK ||
        target.kind != MTC_TARGET_LIVE || target.is_remote != 0 || target.pid <= 0 ||
        target.pid > INT32_MAX) {
        return std::nullopt;
    }
    return target.pid;
}

std::vector<Mapping> CallbackMemory::mappings() {
    if (core_) return core_->mapped;
    if (const auto pid = local_process()) {
        auto mappings = process_mappings(*pid);
        if (!mappings.empty()) return mappings;
    }
    return debugger_mappings(debugger_);
}

std::vector<MemoryRegion> CallbackMemory::writable_regions() {
    return core_ ? core_->writable : private_writable(mappings());
}

std::optional<std::vector<std::uint64_t>> CallbackMemory::pages_beginning_with(
    const PageStart& start) {
    const auto pid = local_process();
    if (!pid) return std::nullopt;
    return DirectMemory(*pid, *this).pages_beginning_with(start);
}

}  // namespace mt::core
