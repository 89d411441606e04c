// SPDX-License-Identifier: MIT
#include "record/nested.h"

#include "control/control.h"
#include "journal/transaction.h"
#include "record/pages.h"
#include "table/losses.h"

namespace mt::runtime {
namespace {

u64 generation_mark(const LiveState& state) { return u64{state.generation & 0xffff} << 48; }

bool has_room(const ThreadContext& c, u64 entries = 1) {
    return load(c.ring_head) - load(c.ring_tail) + entries <= kRingEntries;
}

// A handler may interrupt this handler: the place is taken with one instruction.
void push(ThreadContext& c, const LiveState& state, Op op, u32 stack, u64 size) {
    const u64 at = __atomic_fetch_add(&c.ring_head, 1, __ATOMIC_RELAXED);
    RingEntry& entry = c.ring[at % kRingEntries];
    publish(entry.size, size);
    publish(entry.stack_op, stack | static_cast<u64>(op) << 32 | generation_mark(state));
}

void push_free(ThreadContext& c, u64 address, u64 word, u64 request) {
    const PinnedState state(c, request);
    if (!state) return;
    const u64 size = state->size_of(address, word);
    state->forget_size(address, word);
    if (!has_room(c)) return count_loss(LossKind::nested_overflow);
    push(c, *state, Op::free, word_stack(word), size);
}

void take_block(ThreadContext& c, u64 address, u64 request) {
    u64 stamp = 0;
    const u64 word = nested_withdraw(c, address, request, stamp);
    if (word != 0) push_free(c, address, word, request);
}

// 0: none. The outer event may have begun before stamps were asked for.
u64 nested_stamp(ThreadContext& c, LiveState& state, u64 request) {
    if ((request & kRequestStamps) != 0 && !state.stamps()) begin_stamps(state);
    return stamp_if_any(c, state);
}

// The oldest entry is in no figure any more that a reader adds to the sums.
void pop(ThreadContext& c) {
    publish(c.ring[c.ring_tail % kRingEntries].stack_op, 0);
    publish(c.ring_tail, c.ring_tail + 1);
}

// The oldest entry, which counts in this state, enters the counters.
void drain_entry(ThreadContext& c, LiveState& state, Shard& shard, const RingEntry& entry) {
    const u32 stack = static_cast<u32>(entry.stack_op & 0xffffff);
    const bool allocates = static_cast<Op>(entry.stack_op >> 32 & 0xff) == Op::allocate;
    Transaction<Kind::special, Op::drain> transaction(c, state, &shard);
    if (!transaction.name(allocates ? stack : kStackNone, allocates ? kStackNone : stack,
                          allocates ? 0 : entry.size)) {
        count_loss(LossKind::no_memory);
        return pop(c);
    }
    if (allocates) transaction.set_size(entry.size);
    publish(c.inflight.ring_position, c.ring_tail);
    transaction.begin(0, 0);
    transaction.commit();
    pop(c);
    transaction.end();
    look_at_peak(state, shard);
}

}  // namespace

bool nested_allocate(ThreadContext& c, u64 address, u64 size, u64 request) {
    const PinnedState state(c, request);
    // Two: a stale block at the same address is freed as well.
    if (!state || !has_room(c, 2) || !Blocks::holds(address)) {
        return count_loss(LossKind::nested_overflow), false;
    }
    const u64 kept = state->keep_size(address, size, kStackNested);
    const u64 word = LiveState::word_for(address, kept, kStackNested);
    u64* slot = state->blocks.find(address);
    if (slot != nullptr) {
        count_loss(LossKind::address_reused);
        push(c, *state, Op::free, word_stack(*slot), state->size_of(address, *slot));
        publish(*slot, word);
    } else if (!state->blocks.insert(address, word)) {
        return count_loss(LossKind::no_memory), false;
    }
    if (const u64 stamp = nested_stamp(c, *state, request)) {
        state->put_stamp(address, stamp);
    }
    push(c, *state, Op::allocate, kStackNested, kept);
    return true;
}

void nested_miss(ThreadContext& c, u64 request) {
    const PinnedState state(c, request);
    if (state) state->miss_block();
}

void nested_free(ThreadContext& c, u64 address, u64 request) {
    if (nested_withdraw_page(c, address, request)) return;
    take_block(c, address, request);
}

u64 nested_withdraw(ThreadContext& c, u64 address, u64 request, u64& stamp) {
    const PinnedState state(c, request);
    u64* slot = state ? state->blocks.find(address) : nullptr;
    if (slot == nullptr) return 0;
    const u64 word = *slot;
    stamp = erase_stamp(state->stamp_of(address, slot));
    publish(*slot, 0);
    return word;
}

void nested_put_back(ThreadContext& c, u64 address, u64 word, u64 stamp, u64 request) {
    const PinnedState state(c, request);
    if (!state) return;
    if (!state->blocks.insert(address, word)) count_loss(LossKind::no_memory);
    if (stamp != 0) state->put_stamp(address, stamp);
}

void nested_moved(ThreadContext& c, u64 address, u64 word, u64 new_address, u64 size, u64 request) {
    if (word != 0) push_free(c, address, word, request);
    // realloc(block, 0) has freed it and gives none.
    if (new_address != 0) nested_allocate(c, new_address, size, request);
}

bool nested_withdraw_page(ThreadContext& c, u64 address, u64 request) {
    const PinnedState state(c, request);
    return state && withdraw_page(*state, address);
}

void nested_add_page(ThreadContext& c, u64 address, u64 request) {
    const PinnedState state(c, request);
    if (state) add_page(*state, address);
}

int nested_track(ThreadContext& c, u32 domain, u64 key, u64 size, u64 request) {
    if (domain == 0) {
        take_block(c, key, request);  // the program says so
        return key != 0 && nested_allocate(c, key, size, request) ? kDone : kNotRecorded;
    }
    const PinnedState state(c, request);
    if (!state || !has_room(c, 2)) {
        return count_loss(LossKind::nested_overflow), kNotRecorded;
    }
    Keys::Held held(state->keys, domain, key, true);
    if (!held.reserve()) {
        count_loss(held.is_busy() ? LossKind::tracked_busy : LossKind::no_memory);
        return kNotRecorded;
    }
    if (const Tracked* old = held.entry()) push(c, *state, Op::free, old->stack, old->size);
    held.set(size, kStackNested, nested_stamp(c, *state, request));
    push(c, *state, Op::allocate, kStackNested, size);
    return kDone;
}

int nested_untrack(ThreadContext& c, u32 domain, u64 key, u64 request) {
    if (domain == 0) {
        take_block(c, key, request);
        return kDone;
    }
    const PinnedState state(c, request);
    if (!state) return kDone;
    Keys::Held held(state->keys, domain, key, false);
    if (held.is_busy()) count_loss(LossKind::untrack_lost);
    const Tracked* old = held.entry();
    if (old == nullptr) return kDone;
    if (has_room(c)) {
        push(c, *state, Op::free, old->stack, old->size);
    } else {
        count_loss(LossKind::nested_overflow);
    }
    held.erase();
    return kDone;
}

int nested_pool(ThreadContext& c, u64 address, u64 request) {
    const PinnedState state(c, request);
    if (!state || !has_room(c)) {
        return count_loss(LossKind::nested_overflow), kNotRecorded;
    }
    if (state->blocks.find(address) == nullptr || !add_page(*state, address)) return kNotRecorded;
    take_block(c, address, request);
    return kDone;
}

void drain_ring(ThreadContext& c) {
    auto* state = pointer<LiveState>(c.state);
    if (state == nullptr) return;  // kept for the next event that has one
    while (c.ring_tail != load(c.ring_head)) {
        const RingEntry entry = c.ring[c.ring_tail % kRingEntries];
        const bool counts =
            entry.stack_op != 0 && (entry.stack_op >> 48) == (state->generation & 0xffff);
        Shard* shard = counts ? shard_of(c, *state) : nullptr;
        if (shard == nullptr) {
            pop(c);
        } else {
            drain_entry(c, *state, *shard, entry);
        }
    }
}

}  // namespace mt::runtime
