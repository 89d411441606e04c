// SPDX-License-Identifier: MIT
#include "tracer/inflight.h"

#include "table/header.h"

namespace mt::runtime {
namespace {

void note_before(Inflight& f, const Change& change) {
    if (change.in != nullptr) {
        publish(f.before_alloc_bytes, change.in->alloc_bytes);
        publish(f.before_alloc_count, change.in->alloc_count);
    }
    if (change.out != nullptr) {
        publish(f.before_free_bytes, change.out->free_bytes);
        publish(f.before_free_count, change.out->free_count);
    }
    // Last: a record that is named has its values noted.
    publish(f.alloc_record, address_of(change.in));
    publish(f.free_record, address_of(change.out));
}

// The word at `address` as it was.
void restore_word(LiveState& state, u64 address, u64 old_word) {
    u64* slot = state.blocks.find(address);
    if (slot != nullptr) {
        publish(*slot, old_word);
    } else if (old_word != 0) {
        state.blocks.insert(address, old_word);
    }
}

void take_back(const Inflight& f, LiveState& state) {
    if (auto* in = pointer<Record>(f.alloc_record)) {
        publish(in->alloc_bytes, f.before_alloc_bytes);
        publish(in->alloc_count, f.before_alloc_count);
    }
    if (auto* out = pointer<Record>(f.free_record)) {
        publish(out->free_bytes, f.before_free_bytes);
        publish(out->free_count, f.before_free_count);
    }
    if (f.op == static_cast<u64>(Op::drain)) return;
    if (f.new_address != 0 && f.new_address != f.address) restore_word(state, f.new_address, 0);
    restore_word(state, f.address, f.old_word);
}

}  // namespace

void begin_event(ThreadContext& c, Op op, u64 address, u64 old_word, const Change& change) {
    Inflight& f = c.inflight;
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

void apply(const Change& change) {
    if (change.out != nullptr) {
        add_own(change.out->free_bytes, change.out_size);
        add_own(change.out->free_count, u64{1});
    }
    if (change.in != nullptr) {
        add_own(change.in->alloc_bytes, change.in_size);
        add_own(change.in->alloc_count, u64{1});
    }
}

void commit_event(ThreadContext& c) { publish(c.inflight.op, c.inflight.op | kCommitted); }
void end_event(ThreadContext& c) { publish(c.inflight.op, 0); }

void undo_abandoned(ThreadContext& c) {
    const Inflight& f = c.inflight;
    auto* state = pointer<LiveState>(c.state);
    const bool current = state != nullptr && address_of(state) == load(header()->state);
    if (f.op != 0 && (f.op & kCommitted) == 0 && current) take_back(f, *state);
    if (f.op == (static_cast<u64>(Op::drain) | kCommitted)) {
        publish(c.ring_tail, f.ring_position + 1);
    }
    end_event(c);
    publish(c.state, 0);
    publish(c.nested_state, 0);
    publish(c.busy, 0);
}

}  // namespace mt::runtime
