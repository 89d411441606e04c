// SPDX-License-Identifier: MIT
#include "record/capture.h"

#include "stack/rule_cache.h"
#include "stack/walker.h"
#include "table/header.h"
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

[[gnu::noinline]] u32 intern_frames(const stack::FrameCache& frames, Capture& capture) {
    copy_frames(frames, capture);
    return intern(capture);
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

// What the thread keeps of its stacks was put together anew. `last`: where its id is kept.
[[gnu::always_inline]] inline u32 capture_followed(ThreadContext& c, stack::FrameCache& frames,
                                                   u32& last, const Caller& at) {
    if constexpr (kCompares) compare_frames(c, frames, at, frames.fresh() < frames.count());
    if (__builtin_expect(has_closed_ranges(), 0) && has_reused_range(frames)) {
        frames.forget();
        return capture_whole(c, at);
    }
    u32 id = known_stack(key_of(frames));
    if (__builtin_expect(id == kStackNone, 0)) id = intern_frames(frames, c.capture);
    if (id != kStackDepotFull) last = id;
    return id;
}

// A fiber's stack, or a signal handler's.
[[gnu::noinline]] u32 capture_elsewhere(ThreadContext& c, const Caller& at, u64 seed) {
    if (c.other_stacks == nullptr && !c.lacks_other_stacks) {
        void* room = process_pool.take_sparse_index(sizeof(OtherStacks));
        c.other_stacks = static_cast<OtherStacks*>(room);
        c.lacks_other_stacks = room == nullptr;
    }
    if (c.other_stacks == nullptr) return capture_whole(c, at);
    OtherStacks::Kept& kept = c.other_stacks->kept_of(at.sp);
    stack::FrameCache& frames = kept.frames;
    if (kept.last_stack != kStackNone && frames.is_unchanged_elsewhere(at.pc, at.sp, at.bp, seed)) {
        if constexpr (kCompares) compare_frames(c, frames, at, true);
        return kept.last_stack;
    }
    kept.last_stack = kStackNone;
    const bool followed =
        frames.follow_elsewhere(c.other_stacks->crossings, at.pc, at.sp, at.bp, seed);
    return followed ? capture_followed(c, frames, kept.last_stack, at) : capture_whole(c, at);
}

}  // namespace

void compare_frames(ThreadContext& c, const stack::FrameCache& frames, const Caller& at,
                    bool reused) {
    copy_frames(frames, c.capture);
    const auto end = frames.is_cut() ? stack::WalkEnd::cut : stack::WalkEnd::complete;
    compare_stack(c.capture.pcs, c.capture.count, end, reused, at);
}

u32 capture_changed(ThreadContext& c, const Caller& at, u64 seed) {
    const bool is_own =
        is_on_known_stack(c.window, at.sp) || stack::reach_own_stack(c.window, at.sp);
    if (!is_own) return capture_elsewhere(c, at, seed);
    if (const u32 id = c.recent.find(c.window, {at.pc, at.sp, at.bp}, seed)) {
        compare_known(id, at);
        return id;
    }
    c.last_stack = kStackNone;
    if (!c.frames.follow_known(c.window, at.pc, at.sp, at.bp, seed)) return capture_whole(c, at);
    const u32 id = capture_followed(c, c.frames, c.last_stack, at);
    if (c.last_stack != kStackNone) c.recent.keep(c.frames, id);
    return id;
}

}  // namespace mt::runtime
