// SPDX-License-Identifier: MIT
#include "tracer/freed.h"

#include "table/header.h"
#include "table/losses.h"
#include "tracer/control.h"

namespace mt::runtime {

void begin_freed(LiveState& state, u64 request) {
    const u64 wanted = (request & kRequestFreed) != 0 ? load(root().freed_blocks) : 0;
    if (wanted == 0) return;
    const u64 capacity = wanted < kMostFreedBlocks ? wanted : kMostFreedBlocks;
    auto* ring = static_cast<FreedRing*>(
        state.pool.take_mapping(sizeof(FreedRing) + capacity * sizeof(FreedBlock)));
    if (ring == nullptr) return count_loss(LossKind::no_memory);
    ring->capacity = capacity;
    publish(state.freed, address_of(ring));
    state.special = 1;
}

void note_freer(const Caller& caller) {
    ThreadContext* c = context();
    if (c == nullptr || load(c->busy) != 0) return;
    c->freer[1] = caller.sp;
    c->freer[2] = caller.bp;
    publish(c->freer[0], caller.pc);
}

u32 stack_of_freer(ThreadContext& c) {
    const Caller caller{c.freer[0], c.freer[1], c.freer[2]};
    c.freer[0] = 0;
    return caller.pc != 0 ? capture_stack(c, caller) : kStackNone;
}

void keep_freed(ThreadContext& c, LiveState& state, u64 address, u64 size, u32 stack,
                u32 freed_by) {
    auto* ring = pointer<FreedRing>(state.freed);
    const u64 number = __atomic_fetch_add(&ring->count, 1, __ATOMIC_RELAXED);
    FreedBlock& entry = reinterpret_cast<FreedBlock*>(ring + 1)[number % ring->capacity];
    const auto* row = pointer<const Thread>(c.thread);
    publish(entry.sequence, 0);
    FreedBlock now{};
    now.sequence = number + 1;
    now.address = address;
    now.size = size;
    now.stacks = stack | u64{freed_by} << 32;
    now.thread = row != nullptr ? row->serial : 0;
    publish(entry.address, now.address);
    publish(entry.size, now.size);
    publish(entry.stacks, now.stacks);
    publish(entry.thread, now.thread);
    publish(entry.check, freed_check(now));
    publish(entry.sequence, now.sequence);
}

}  // namespace mt::runtime
