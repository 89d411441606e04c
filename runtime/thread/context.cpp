// SPDX-License-Identifier: MIT
#include "thread/context.h"

#include "table/counters.h"
#include "table/losses.h"
#include "table/threads.h"

namespace mt::runtime {

__thread ThreadContext* my_context = nullptr;
__thread u32 my_pauses = 0;

// The stack that ends closest above, or the place of the one that was given out longest ago.
OtherStacks::Kept& OtherStacks::kept_of(u64 sp) {
    constexpr u64 kLargestStack = u64{1024} * 1024;
    Kept* closest = nullptr;
    u64 distance = kLargestStack;
    for (Kept& one : kept) {
        const u64 above = one.frames.top() - sp;  // huge where the stack lies below, or is none
        if (above >= distance) continue;
        closest = &one;
        distance = above;
    }
    if (closest != nullptr) return *closest;
    replaced = (replaced + 1) % kStacks;
    return kept[replaced];
}

void OtherStacks::forget() {
    crossings.forget();
    for (Kept& one : kept) {
        one.frames.forget();
        one.last_stack = kStackNone;
    }
}

Shard* find_shard(ThreadContext& c, LiveState& state) {
    Shard* shard = kept_shard(c, state);
    if (shard == nullptr) {
        shard = make_shard(state, address_of(&c));
        if (shard == nullptr) {
            count_loss(LossKind::no_memory);
            return nullptr;
        }
        c.kept_shard = address_of(shard);
        c.shard_state = &state;
        c.shard_generation = state.generation;
        if (auto* row = pointer<Thread>(c.thread)) begin_counting(*row, state.generation, *shard);
    }
    // Last look: a signal handler may have asked for a pause meanwhile.
    if (load(c.pauses) == 0) publish(c.shard, address_of(shard));
    if (load(c.pauses) != 0) publish(c.shard, 0);
    return shard;
}

}  // namespace mt::runtime
