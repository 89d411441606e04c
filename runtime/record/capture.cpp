// SPDX-License-Identifier: MIT
#include "record/capture.h"

#include "stack/rule_cache.h"
#include "stack/walker.h"
#include "table/modules.h"

namespace mt::runtime {
namespace {

u32 root_of(stack::WalkEnd end) {
    switch (end) {
        case stack::WalkEnd::complete:
            return kRootComplete;
        case stack::WalkEnd::cut:
            return kRootCut;
        case stack::WalkEnd::broken:
            return kRootBroken;
    }
    return kRootBroken;
}

// The frames that were not seen in the last stack, innermost first.
[[gnu::noinline]] bool has_reused_range(const stack::FrameCache& frames) {
    const u64 generation = load(stack::rules_generation);
    for (u32 i = 0; i < frames.fresh(); ++i) {
        const u64 pc = frames.pc(i);
        check_reused_ranges(&pc, 1);
    }
    return load(stack::rules_generation) != generation;
}

void hash_frames(Capture& capture) {
    u64 hash = chain_seed(capture.root);
    for (u32 i = capture.count; i-- > 0;) {
        capture.hashes[i] = hash = stack::chain_hash(hash, capture.pcs[i]);
    }
}

u64 key_of(const stack::FrameCache& frames) {
    return frames.is_cut() ? window_key(frames.window_hash()) : frames.hash(0);
}

u64 key_of(const Capture& capture) {
    if (capture.root != kRootCut) return capture.hashes[0];
    u64 rolled = 0;
    for (u32 i = capture.count; i-- > 0;) rolled = stack::roll(rolled, capture.pcs[i]);
    return window_key(rolled);
}

void copy_frames(const stack::FrameCache& frames, Capture& capture) {
    capture.count = frames.count();
    capture.fresh = frames.fresh();
    capture.root = frames.is_cut() ? kRootCut : kRootComplete;
    capture.key = key_of(frames);
    for (u32 i = 0; i < capture.count; ++i) {
        capture.pcs[i] = frames.pc(i);
        capture.hashes[i] = frames.hash(i);
    }
    // What lies outside a cut stack has no part in it.
    if (frames.is_cut()) hash_frames(capture);
}

[[gnu::noinline]] u32 intern_frames(ThreadContext& c) {
    copy_frames(c.frames, c.capture);
    return intern(c.capture);
}

// The whole stack, frame by frame.
[[gnu::noinline]] u32 capture_whole(ThreadContext& c, const Caller& at) {
    Capture& capture = c.capture;
    const stack::Walk walk = stack::walk(c.window, at.pc, at.sp, at.bp, capture.pcs, kMaxFrames);
    capture.count = capture.fresh = walk.count;
    capture.root = root_of(walk.end);
    compare_stack(capture.pcs, walk.count, walk.end, false, at);
    check_reused_ranges(capture.pcs, capture.count);
    hash_frames(capture);
    capture.key = key_of(capture);
    const u32 id = known_stack(capture.key);
    return id != 0 ? id : intern(capture);
}

}  // namespace

void compare_frames(ThreadContext& c, const Caller& at, bool reused) {
    copy_frames(c.frames, c.capture);
    const auto end = c.frames.is_cut() ? stack::WalkEnd::cut : stack::WalkEnd::complete;
    compare_stack(c.capture.pcs, c.capture.count, end, reused, at);
}

u32 capture_changed(ThreadContext& c, const Caller& at, u64 seed) {
    stack::FrameCache& frames = c.frames;
    c.last_stack = kStackNone;
    if (!frames.follow(c.window, at.pc, at.sp, at.bp, seed)) return capture_whole(c, at);
    if constexpr (kCompares) compare_frames(c, at, frames.fresh() < frames.count());
    if (__builtin_expect(has_closed_ranges(), 0) && has_reused_range(frames)) {
        frames.forget();
        return capture_whole(c, at);
    }
    u32 id = known_stack(key_of(frames));
    if (__builtin_expect(id == kStackNone, 0)) id = intern_frames(c);
    if (id != kStackDepotFull) c.last_stack = id;
    return id;
}

}  // namespace mt::runtime
