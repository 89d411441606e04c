// SPDX-License-Identifier: MIT
#include "tracer/inflight.h"

#include "table/counters.h"
#include "table/header.h"
#include "table/losses.h"
#include "tracer/events.h"
#include "tracer/stamps.h"
#include "tracer/weights.h"
#include "tracer/words.h"

namespace mt::runtime {
namespace {

void note_before(Inflight& f, const Change& change) {
    if (change.in != nullptr) {
        publish_pair(f.before_alloc_bytes, load_pair(change.in->alloc_bytes));
    }
    if (change.out != nullptr) {
        publish_pair(f.before_free_bytes, load_pair(change.out->free_bytes));
    }
    // Last: a record that is named has its values noted.
    publish(f.alloc_record, address_of(change.in));
    publish(f.free_record, address_of(change.out));
}

// The word at `address` as it was, and its stamp.
void restore_word(LiveState& state, u64 address, u64 old_word, u64 old_stamp) {
    u64* slot = state.blocks.find(address);
    if (slot != nullptr) {
        erase_stamp(state.blocks.stamp(address, slot, false));
        publish(*slot, old_word);
    } else if (old_word != 0) {
        state.blocks.insert(address, old_word);
    }
    if (old_word != 0 && old_stamp != 0) put_stamp(state, address, old_stamp);
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
    Change change;
    change.out = shard != nullptr ? record_of(state, *shard, stack) : nullptr;
    change.out_size = f.old_size;
    const bool samples = state.sample_bytes != 0;
    if (change.out == nullptr || (samples && !note_weights(c, state, *shard, kStackNone, stack))) {
        return count_loss(LossKind::no_memory);
    }
    forget_size(state, f.address, f.old_word);
    keep_peak(state, *change.out);
    apply(change);
    if (samples) apply_weights(c, state, change);
    recount(*shard);
}

}  // namespace

void begin_event(ThreadContext& c, Op op, u64 address, u64 old_word, const Change& change) {
    Inflight& f = c.inflight;
    publish(c.moved, 0);
    publish(f.address, address);
    publish(f.size, change.in_size);
    publish(f.new_address, 0);
    publish(f.old_word, old_word);
    publish(f.old_size, change.out_size);
    note_before(f, change);
    publish(f.op, static_cast<u64>(op));
}

void continue_move(ThreadContext& c, u64 new_address, const Change& change) {
    publish(c.inflight.size, change.in_size);
    note_before(c.inflight, change);
    publish(c.inflight.new_address, new_address);
}

void undo_abandoned(ThreadContext& c) {
    const Inflight& f = c.inflight;
    auto* state = pointer<LiveState>(c.state);
    const bool current = state != nullptr && address_of(state) == load(header()->state);
    const bool committed = (f.op & kCommitted) != 0;
    if (f.op != 0 && !committed && current) {
        const bool is_gone = names(f, Op::move) && c.moved != 0;
        take_back(f, *state, is_gone);
        if (state->sample_bytes != 0) take_weights_back(c.weighted, static_cast<Op>(f.op));
        if (is_gone) count_as_freed(c, *state);
    }
    Shard* shard = committed && current ? kept_shard(c, *state) : nullptr;
    if (shard != nullptr) recount(*shard);
    if (f.op == (static_cast<u64>(Op::drain) | kCommitted)) {
        publish(c.ring_tail, f.ring_position + 1);
    }
    end_event(c);
    forget_stamp(c);
    publish(c.state, 0);
    publish(c.nested_state, 0);
    publish(c.busy, 0);
}

}  // namespace mt::runtime
