// SPDX-License-Identifier: MIT
#include "journal/undo.h"

#include "journal/transaction.h"
#include "table/header.h"
#include "table/losses.h"

namespace mt::runtime {
namespace {

// The word at `address` as it was, and its stamp.
void restore_word(LiveState& state, u64 address, u64 old_word, u64 old_stamp) {
    u64* slot = state.blocks.find(address);
    if (slot != nullptr) {
        erase_stamp(state.blocks.stamp(address, slot, false));
        publish(*slot, old_word);
    } else if (old_word != 0) {
        state.blocks.insert(address, old_word);
    }
    if (old_word != 0 && old_stamp != 0) state.put_stamp(address, old_stamp);
}

bool names(const Inflight& f, Op op) { return (f.op & 0xff) == static_cast<u64>(op); }

void take_back(const Inflight& f, LiveState& state, bool is_gone) {
    auto* in = pointer<Record>(names(f, Op::free) ? 0 : f.alloc_record);
    auto* out = pointer<Record>(names(f, Op::allocate) ? 0 : f.free_record);
    if (in != nullptr) publish_pair(in->alloc_bytes, load_pair(f.before_alloc_bytes));
    if (out != nullptr) publish_pair(out->free_bytes, load_pair(f.before_free_bytes));
    if (names(f, Op::drain)) return;
    if (names(f, Op::track)) {
        const u32 stack = static_cast<u32>(f.old_word);
        return state.keys.put_back(static_cast<u32>(f.domain), f.address, f.old_size, stack,
                                   f.old_stamp);
    }
    if (names(f, Op::allocate)) return restore_word(state, f.address, 0, 0);
    if (names(f, Op::move) && f.new_address != 0 && f.new_address != f.address) {
        restore_word(state, f.new_address, 0, 0);
    }
    if (!is_gone) restore_word(state, f.address, f.old_word, f.old_stamp);
}

// The block that a realloc had moved when its event was left: another thread may have been
// given the address meanwhile, so all that is left to do is to count it as freed. Put back
// instead, it stayed live for ever (tests/programs/signal_storm.cpp, end).
void count_as_freed(ThreadContext& c, LiveState& state) {
    const Inflight& f = c.inflight;
    const u32 stack = word_stack(f.old_word);
    Shard* shard = kept_shard(c, state);
    if (shard == nullptr) return count_loss(LossKind::no_memory);
    Transaction<Kind::special, Op::move> transaction(c, state, shard);
    if (!transaction.name(kStackNone, stack, f.old_size)) return count_loss(LossKind::no_memory);
    state.forget_size(f.address, f.old_word);
    transaction.apply();
    recount(*shard);
}

}  // namespace

void undo_abandoned(ThreadContext& c) {
    const Inflight& f = c.inflight;
    auto* state = pointer<LiveState>(c.state);
    const bool current = state != nullptr && address_of(state) == load(header()->state);
    const bool committed = (f.op & kCommitted) != 0;
    if (f.op != 0 && !committed && current) {
        const bool is_gone = names(f, Op::move) && c.moved != 0;
        take_back(f, *state, is_gone);
        if (state->samples()) take_weights_back(c.weighted, static_cast<Op>(f.op));
        if (is_gone) count_as_freed(c, *state);
    }
    Shard* shard = committed && current ? kept_shard(c, *state) : nullptr;
    if (shard != nullptr) recount(*shard);
    if (f.op == (static_cast<u64>(Op::drain) | kCommitted)) {
        publish(c.ring_tail, f.ring_position + 1);
    }
    Journal(c).end_all();
    publish(c.state, 0);
    publish(c.nested_state, 0);
    publish(c.busy, 0);
}

}  // namespace mt::runtime
