// SPDX-License-Identifier: MIT
#include "record/freed.h"

namespace mt::runtime {

void note_freer(ThreadContext& c, const Caller& caller) {
    if (load(c.busy) != 0) return;
    c.freer[1] = caller.sp;
    c.freer[2] = caller.bp;
    publish(c.freer[0], caller.pc);
}

u32 stack_of_freer(ThreadContext& c) {
    const Caller caller{c.freer[0], c.freer[1], c.freer[2]};
    c.freer[0] = 0;
    return caller.pc != 0 ? capture_stack(c, caller) : kStackNone;
}

void keep_free(ThreadContext& c, LiveState& state, u64 address, u64 size, u64 word, u32 freed_by) {
    auto* ring = pointer<FreedRing>(state.freed);
    const u64 number = __atomic_fetch_add(&ring->count, 1, __ATOMIC_RELAXED);
    FreedBlock& entry = reinterpret_cast<FreedBlock*>(ring + 1)[number % ring->capacity];
    const auto* row = pointer<const Thread>(c.thread);
    publish(entry.sequence, 0);
    FreedBlock now{};
    now.sequence = number + 1;
    now.address = address;
    now.size = size;
    now.stacks = word_stack(word) | u64{freed_by} << 32;
    now.thread = row != nullptr ? row->serial : 0;
    publish(entry.address, now.address);
    publish(entry.size, now.size);
    publish(entry.stacks, now.stacks);
    publish(entry.thread, now.thread);
    publish(entry.check, freed_check(now));
    publish(entry.sequence, now.sequence);
}

}  // namespace mt::runtime
