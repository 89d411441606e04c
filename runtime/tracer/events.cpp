// SPDX-License-Identifier: MIT
#include "tracer/events.h"

#include "table/losses.h"
#include "table/threads.h"
#include "tracer/guard.h"
#include "tracer/nested.h"
#include "tracer/pages.h"
#include "tracer/recording.h"

namespace mt::runtime {
namespace {

// Blocks are often freed right after they were allocated, and allocated again
// at the same address right after that: their word is where it was. nullptr: not known.
[[gnu::always_inline]] inline u64* word_at_hint(const ThreadContext& c, u64 address) {
    return address == c.hint ? c.hint_slot : nullptr;
}
[[gnu::always_inline]] inline u64* find_word(const ThreadContext& c, const LiveState& state,
                                             u64 address) {
    u64* slot = word_at_hint(c, address);
    if (slot != nullptr && is_word_of(load(*slot), address)) return slot;
    return state.blocks.find(address);
}
// Where its word goes; nullptr: not known without a look. It may have gone to another block
// when it is claimed, but not this one into another word: nobody else has the address.
[[gnu::always_inline]] inline u64* empty_word(const ThreadContext& c, u64 address) {
    u64* slot = word_at_hint(c, address);
    return slot != nullptr && load(*slot) == 0 ? slot : nullptr;
}
[[gnu::always_inline]] inline void remember_word(ThreadContext& c, u64 address, u64* slot) {
    c.hint = address;
    c.hint_slot = slot;
}

// To record an allocation. nullptr: there is no memory (counted), or it is not to be
// recorded: a thread that pauses has no shard, so the others need not ask.
[[gnu::noinline]] Shard* shard_to_record(ThreadContext& c, LiveState& state) {
    if (load(c.pauses) == 0) return find_shard(c, state);
    c.last_allocated = 0;
    return nullptr;
}

bool lose(LossKind kind) { return count_loss(kind), false; }

// Its row still stands: it was freed where we do not see it.
[[gnu::noinline]] bool replace_reused(ThreadContext& c, LiveState& state, Shard& shard, u64 address,
                                      u64 size, u32 stack) {
    count_loss(LossKind::address_reused);
    return replace_block(c, state, shard, address, size, stack);
}

template <Kind kKind>
[[gnu::flatten]] inline bool record_allocation(ThreadContext& c, LiveState& state, u64 address,
                                               u64 size, const Caller& caller) {
    if (!Blocks::holds(address)) return lose(LossKind::bad_address);
    u64* empty = empty_word(c, address);
    Region* region = nullptr;  // fetched while the stack is taken
    if (empty == nullptr) region = state.blocks.prefetch(address);
    auto* shard = pointer<Shard>(c.shard);
    if (__builtin_expect(shard == nullptr, 0)) shard = shard_to_record(c, state);
    if (shard == nullptr) return false;
    const u32 stack = stack_for<kKind>(c, state, size, caller);
    const Blocks::Place place =
        empty != nullptr ? Blocks::Place{nullptr, empty} : Blocks::place(region, address, size);
    remember_word(c, address, place.empty);
    c.last_allocated = address;
    if (__builtin_expect(place.found != nullptr, 0)) {
        return replace_reused(c, state, *shard, address, size, stack);
    }
    Change change;
    change.in = record_of(state, *shard, stack);
    if (change.in == nullptr) return lose_allocation(c, stack);
    if constexpr (kKind == Kind::special) {
        if (samples(state) && !note_weights(c, state, *shard, stack, kStackNone)) {
            return lose_allocation(c, stack);
        }
    }
    keep_peak(state, *change.in);
    change.in_size = keep_size(state, address, size, stack);
    begin_allocate(c, address, change);
    if (!put_word(state, place, address, word_for(address, change.in_size, stack))) {
        end_event(c);
        return lose_allocation(c, stack);
    }
    if constexpr (kKind == Kind::special) give_stamp(c, state, address);
    finish_event<kKind>(c, state, *shard, change);
    return true;
}

template <Kind kKind>
[[gnu::flatten, gnu::always_inline]] inline void record_free(ThreadContext& c, LiveState& state,
                                                             u64 address) {
    u64* slot = find_word(c, state, address);
    Shard* shard = shard_of(c, state);
    if (shard == nullptr) return;
    if (slot == nullptr) {
        add_own(shard->untracked_frees, u64{1});
        return;
    }
    const u64 old_word = *slot;
    u64* stamp = nullptr;
    Change change;
    bool known = take_from(state, *shard, address, old_word, change);
    if constexpr (kKind == Kind::special) {
        if (known && samples(state)) {
            known = note_weights(c, state, *shard, kStackNone, word_stack(old_word));
        }
        stamp = noted_stamp(c, state, address, slot);
    }
    if (!known) {
        erase_stamp(stamp);
        publish(*slot, 0);
        return count_loss(LossKind::no_memory);
    }
    if constexpr (kKind == Kind::special) keep_free(c, state, address, change.out_size, old_word);
    keep_peak(state, *change.out);
    remember_word(c, address, slot);
    begin_free(c, address, old_word, change);
    if constexpr (kKind == Kind::special) erase_stamp(stamp);
    publish(*slot, 0);
    forget_size(state, address, old_word);
    if (c.last_allocated == address) {
        add_own(change.out->temporary_count, u64{1});
        if constexpr (kKind == Kind::special) {
            if (samples(state)) count_temporary_weight(c, state, change.out_size);
        }
    }
    finish_event<kKind>(c, state, *shard, change);
}

// What LiveState::special is for. Whatever the family gives or takes at the address of
// a pool's page, it is that page.
[[gnu::noinline]] void free_beside_pages(ThreadContext& c, LiveState& state, u64 address) {
    if (!withdraw_page(state, address)) record_any_free(c, state, address);
}
[[gnu::noinline]] void record_special_allocation(ThreadContext& c, LiveState& state, u64 address,
                                                 u64 size, const Caller& caller) {
    if (state.pages.any()) return record_beside_pages(c, state, address, size, caller);
    record_allocation<Kind::special>(c, state, address, size, caller);
}
[[gnu::noinline]] void record_special_free(ThreadContext& c, LiveState& state, u64 address) {
    if (state.pages.any()) return free_beside_pages(c, state, address);
    record_free<Kind::special>(c, state, address);
}

}  // namespace

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

bool record_any_allocation(ThreadContext& c, LiveState& state, u64 address, u64 size,
                           const Caller& caller) {
    return is_special(state) ? record_allocation<Kind::special>(c, state, address, size, caller)
                             : record_allocation<Kind::plain>(c, state, address, size, caller);
}
void record_any_free(ThreadContext& c, LiveState& state, u64 address) {
    if (is_special(state)) return record_free<Kind::special>(c, state, address);
    record_free<Kind::plain>(c, state, address);
}

void record_beside_pages(ThreadContext& c, LiveState& state, u64 address, u64 size,
                         const Caller& caller) {
    if (withdraw_page(state, address)) count_loss(LossKind::address_reused);
    record_any_allocation(c, state, address, size, caller);
}

// After a free that we did not see (counted by the caller), or as the program says so.
bool replace_block(ThreadContext& c, LiveState& state, Shard& shard, u64 address, u64 size,
                   u32 stack) {
    u64* slot = state.blocks.find(address);
    const u64 old_word = slot != nullptr ? load(*slot) : 0;
    Change change;
    const bool has_room = take_from(state, shard, address, old_word, change);
    change.in = record_of(state, shard, stack);
    if (!has_room || change.in == nullptr) return lose_allocation(c, stack);
    if (samples(state) && !note_weights(c, state, shard, stack, word_stack(old_word))) {
        return lose_allocation(c, stack);
    }
    keep_peaks(state, change);
    change.in_size = keep_size(state, address, size, stack);
    noted_stamp(c, state, address, slot);
    begin_event(c, Op::move, address, old_word, change);
    publish(c.inflight.new_address, address);
    if (!put_word(state, {slot, nullptr}, address, word_for(address, change.in_size, stack))) {
        end_event(c);
        forget_stamp(c);
        return lose_allocation(c, stack);
    }
    give_stamp(c, state, address);
    finish_any_event(c, state, shard, change);
    return true;
}

void settle(LiveState& state, Shard& shard) {
    if (!settle_peak(state, shard)) count_loss(LossKind::peak_busy);
}

void on_allocate(void* block, u64 size, const Caller& caller) {
    const u64 request = request_now();
    if (!is_ready(request)) return;
    ThreadContext* c = context();
    if (c == nullptr) return;
    if (!open_event(*c, caller.sp, caller.pc)) {
        if (!is_paused(*c, request)) nested_allocate(*c, address_of(block), size, request);
        return;
    }
    LiveState* state = enter_state(*c, request);
    if (state != nullptr && (request & kRequestPaused) == 0) {
        if (is_special(*state)) {
            record_special_allocation(*c, *state, address_of(block), size, caller);
        } else {
            record_allocation<Kind::plain>(*c, *state, address_of(block), size, caller);
        }
    }
    if (load(retired_states) != 0) release_retired_slice();
    close_event(*c);
}

void on_free(void* block, const Caller& caller) {
    const u64 request = request_now();
    if (!is_ready_to_free(request, caller)) return;
    ThreadContext* c = context();
    if (c == nullptr) return;
    if (!open_event(*c, caller.sp, caller.pc)) return nested_free(*c, address_of(block), request);
    LiveState* state = enter_state(*c, request);
    if (state != nullptr) {
        if (is_special(*state)) {
            record_special_free(*c, *state, address_of(block));
        } else {
            record_free<Kind::plain>(*c, *state, address_of(block));
        }
    }
    close_event(*c);
}

}  // namespace mt::runtime
