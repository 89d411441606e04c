// SPDX-License-Identifier: MIT
//
// One place, two unwinders.
#include "stack_capture.h"

#include <unwind.h>

#include <cstdio>
#include <string>

namespace mt::test {

namespace {

thread_local Window window;
thread_local FrameCache frames;
thread_local RecentStacks recent;
thread_local std::vector<std::vector<u64>> kept;  // by id - 1

void recall(Capture& capture, u64 pc, u64 sp, u64 bp) {
    const bool is_own = runtime::stack::is_on_known_stack(window, sp);
    const u32 id = is_own ? recent.find(window, {pc, sp, bp}, 1) : 0;
    capture.recalled = id != 0;
    if (id != 0) capture.recalled_pcs = kept.at(id - 1);
}

void keep(const Capture& capture) {
    if (capture.recalled || !capture.followed) return;
    kept.emplace_back(capture.followed_pcs, capture.followed_pcs + capture.followed_count);
    recent.keep(frames, static_cast<u32>(kept.size()));
}

void follow(Capture& capture, u64 pc, u64 sp, u64 bp) {
    capture.followed = frames.follow(window, pc, sp, bp, 1);
    if (!capture.followed) return;
    capture.followed_count = frames.count();
    capture.fresh = frames.fresh();
    capture.cut = frames.is_cut();
    capture.window_hash = frames.window_hash();
    for (u32 i = 0; i < frames.count(); ++i) capture.followed_pcs[i] = frames.pc(i);
}

_Unwind_Reason_Code add_frame(_Unwind_Context* context, void* out) {
    auto& capture = *static_cast<Capture*>(out);
    int exact = 0;
    const u64 ip = _Unwind_GetIPInfo(context, &exact);
    // libgcc ends with a frame at 0 where a stack is complete.
    if (ip == 0 || capture.reference_count == kCaptureLimit) return _URC_NO_REASON;
    capture.reference[capture.reference_count++] = ip + static_cast<u64>(exact);
    return _URC_NO_REASON;
}

std::string text(const char* what, u32 index, u64 ours, u64 reference) {
    char line[120];
    std::snprintf(line, sizeof line, "%s %u: ours %#llx, reference %#llx", what, index,
                  static_cast<unsigned long long>(ours),
                  static_cast<unsigned long long>(reference));
    return line;
}

}  // namespace

thread_local Capture* current_capture = nullptr;

Window& own_window() { return window; }
FrameCache& own_frames() { return frames; }
RecentStacks& own_recent() { return recent; }

[[gnu::noinline]] void capture_here(Capture& capture) {
    u64 pc;
    u64 sp;
    u64 bp;
    asm volatile(
        "lea 1f(%%rip), %0\n"
        "mov %%rsp, %1\n"
        "mov %%rbp, %2\n"
        "1: nop\n"
        : "=&r"(pc), "=&r"(sp), "=&r"(bp));
    capture.walk = runtime::stack::walk(window, pc, sp, bp, capture.ours, kCaptureLimit);
    recall(capture, pc, sp, bp);
    follow(capture, pc, sp, bp);
    keep(capture);
    capture.reference_count = 0;
    _Unwind_Backtrace(add_frame, &capture);
    ++capture.taken;
}

void capture_into_current() {
    if (current_capture != nullptr) capture_here(*current_capture);
    asm volatile("");
}

std::vector<std::string> differences(const Capture& capture) {
    std::vector<std::string> result;
    if (capture.taken == 0) result.push_back("nothing was captured");
    if (capture.walk.count != capture.reference_count) {
        result.push_back(text("frames in all", 0, capture.walk.count, capture.reference_count));
    }
    const u32 both =
        capture.walk.count < capture.reference_count ? capture.walk.count : capture.reference_count;
    // Frame 0 is one function at two places.
    for (u32 i = 1; i < both; ++i) {
        if (capture.ours[i] != capture.reference[i]) {
            result.push_back(text("frame", i, capture.ours[i], capture.reference[i]));
        }
    }
    if (capture.recalled) {
        const std::vector<u64> walked(capture.ours, capture.ours + capture.walk.count);
        if (capture.recalled_pcs != walked) {
            result.push_back(text("recalled", 0, capture.recalled_pcs.size(), walked.size()));
        }
    }
    if (!capture.followed) return result;
    const bool cut = capture.walk.count > FrameCache::kWindow;
    const u32 asked_for = cut ? FrameCache::kWindow : capture.walk.count;
    if (capture.walk.end != WalkEnd::complete || capture.followed_count != asked_for ||
        capture.cut != cut) {
        result.push_back(text("frames followed", 0, capture.followed_count, capture.walk.count));
        return result;
    }
    u64 rolled = 0;
    for (u32 i = asked_for; i-- > 0;) rolled = runtime::stack::roll(rolled, capture.ours[i]);
    if (cut && rolled != capture.window_hash) {
        result.push_back(text("window hash", 0, capture.window_hash, rolled));
    }
    for (u32 i = 0; i < capture.followed_count; ++i) {
        if (capture.followed_pcs[i] != capture.ours[i]) {
            result.push_back(text("followed", i, capture.followed_pcs[i], capture.ours[i]));
        }
    }
    return result;
}

}  // namespace mt::test
