// SPDX-License-Identifier: MIT
#include "table/state.h"

#include <new>

#include "guard/locks.h"
#include "table/header.h"
#include "table/memory.h"

namespace mt::runtime {

LiveState* make_state(u32 generation, u64 peak_reset, const Loss* losses) {
    auto* state = static_cast<LiveState*>(take_pages(sizeof(LiveState)));
    if (state == nullptr) return nullptr;
    state->self = address_of(state);
    state->generation = generation;
    state->peak_epoch = 1;  // a record's 0 is "never"
    state->peak_reset_done = peak_reset;
    state->ceiling = kNoCeiling;
    state->mapping_size = (sizeof(LiveState) + kPageSize - 1) / kPageSize * kPageSize;
    state->mapped_bytes = state->mapping_size;
    state->memory = address_of(static_cast<const PoolHead*>(&state->pool));
    state->pool.published_bytes = &state->mapped_bytes;
    state->sizes.attach(state->pool, state->tracked);
    state->keys.attach(state->pool, state->tracked_parts);
    state->pages.attach(state->pool, state->page_parts);
    for (u32 i = 0; losses != nullptr && i < kLossSlots; ++i) {
        state->loss_base[i] = load(losses[i].count);
    }
    state->blocks.attach(state->pool, state->regions, state->region_count);
    return state;
}

void LiveState::put_stamp(u64 address, u64 stamp, const u64* slot) {
    if (slot == nullptr && (slot = blocks.find(address)) == nullptr) return;
    u64* at = blocks.stamp(address, slot, true);
    if (at == nullptr) return count_loss(LossKind::stamp_lost);
    publish(*at, stamp);
}

void release_state(LiveState& state) { give_pages(&state, sizeof(LiveState)); }

namespace {

LiveState* current_state() {
    return header() != nullptr ? pointer<LiveState>(header()->state) : nullptr;
}

}  // namespace

void reset_locks() {
    process_locks.reset();
    if (LiveState* state = current_state()) {
        state->peak_lock.reset();
        state->sizes.lock().reset();
        state->keys.reset_locks();
        state->pages.reset_locks();
    }
}

void release_my_locks() {
    process_locks.release_mine();
    if (LiveState* state = current_state()) {
        state->peak_lock.release_if_mine();
        state->sizes.lock().release_if_mine();
        state->keys.release_my_locks();
        state->pages.release_my_locks();
    }
}

}  // namespace mt::runtime
