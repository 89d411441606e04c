// SPDX-License-Identifier: MIT
#include "record/family.h"

#include "journal/transaction.h"
#include "record/freed.h"
#include "record/pages.h"
#include "table/losses.h"

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
    state.miss_block();
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
[[gnu::flatten, gnu::always_inline]] inline bool record_allocation(ThreadContext& c,
                                                                   LiveState& state, u64 address,
                                                                   u64 size, const Caller& caller) {
    if (!Blocks::holds(address)) return lose(LossKind::bad_address);
    u64* empty = empty_word(c, address);
    Region* region = nullptr;  // fetched while the stack is taken
    if (empty == nullptr) region = state.blocks.prefetch(address);
    auto* shard = pointer<Shard>(c.shard);
    if (__builtin_expect(shard == nullptr, 0)) shard = shard_to_record(c, state);
    if (shard == nullptr) return false;
    const u32 stack =
        kKind == Kind::special ? any_stack_for(c, state, size, caller) : capture_stack(c, caller);
    const Blocks::Place place =
        empty != nullptr ? Blocks::Place{nullptr, empty} : Blocks::place(region, address, size);
    remember_word(c, address, place.empty);
    c.last_allocated = address;
    if (__builtin_expect(place.found != nullptr, 0)) {
        return replace_reused(c, state, *shard, address, size, stack);
    }
    Transaction<kKind, Op::allocate> transaction(c, state, shard);
    if (!transaction.name(stack, kStackNone, 0)) return lose_allocation(c, stack);
    transaction.set_size(state.keep_size(address, size, stack));
    transaction.begin(address, 0);
    if (!transaction.put(place, address, stack)) {
        transaction.end();
        return lose_allocation(c, stack);
    }
    transaction.finish();
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
    const u64 size = state.size_of(address, old_word);
    if (kKind == Kind::special && state.keeps_freed()) {
        keep_free(c, state, address, size, old_word, stack_of_freer(c));
    }
    Transaction<kKind, Op::free> transaction(c, state, shard);
    if (!transaction.name(kStackNone, word_stack(old_word), size)) {
        erase_stamp(state.stamp_of(address, slot));
        publish(*slot, 0);
        return count_loss(LossKind::no_memory);
    }
    remember_word(c, address, slot);
    transaction.take(address, slot);
    state.forget_size(address, old_word);
    if (c.last_allocated == address) transaction.count_temporary();
    transaction.finish();
}

// Whatever the family takes at the address of a pool's page, it is that page.
[[gnu::noinline]] void free_beside_pages(ThreadContext& c, LiveState& state, u64 address) {
    if (!withdraw_page(state, address)) record_any_free(c, state, address);
}

// Where frees are kept, who makes this one is noted off the hot path.
bool is_ready_to_free(u64 request, const Caller& caller) {
    if (control.is_traced(request)) return true;
    if (!control.is_ready(request)) return false;
    ThreadContext* c = (request & kRequestFreed) != 0 ? context() : nullptr;
    if (c != nullptr) note_freer(*c, caller);
    return true;
}

}  // namespace

bool lose_allocation(ThreadContext& c, u32 traceback) {
    if (traceback == kStackDepotFull) take_back_lost_traceback(c.capture);
    return lose(LossKind::no_memory);
}

bool record_any_allocation(ThreadContext& c, LiveState& state, u64 address, u64 size,
                           const Caller& caller) {
    return state.is_special() ? record_allocation<Kind::special>(c, state, address, size, caller)
                              : record_allocation<Kind::plain>(c, state, address, size, caller);
}
void record_any_free(ThreadContext& c, LiveState& state, u64 address) {
    if (state.is_special()) return record_free<Kind::special>(c, state, address);
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
    Transaction<Kind::special, Op::move> transaction(c, state, &shard);
    if (!transaction.name(stack, word_stack(old_word), state.size_of(address, old_word))) {
        return lose_allocation(c, stack);
    }
    transaction.set_size(state.keep_size(address, size, stack));
    transaction.replace(address, slot);
    const bool done = transaction.put({slot, nullptr}, address, stack);
    if (!done) {
        transaction.end();
        return lose_allocation(c, stack);
    }
    transaction.finish();
    return true;
}

void on_allocate(void* block, u64 size, const Caller& caller) {
    const u64 request = request_now();
    if (!control.is_ready(request)) return;
    ThreadContext* c = context();
    if (c == nullptr) return;
    if (!open_event(*c, caller)) {
        if (is_paused(*c, request)) return nested_miss(*c, request);
        nested_allocate(*c, address_of(block), size, request);
        return;
    }
    LiveState* state = control.enter(*c, request);
    if (state != nullptr && (request & kRequestPaused) == 0) {
        if (state->is_special()) {
            record_beside_pages(*c, *state, address_of(block), size, caller);
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
    if (!open_event(*c, caller)) return nested_free(*c, address_of(block), request);
    LiveState* state = control.enter(*c, request);
    if (state != nullptr) {
        if (state->is_special()) {
            free_beside_pages(*c, *state, address_of(block));
        } else {
            record_free<Kind::plain>(*c, *state, address_of(block));
        }
    }
    close_event(*c);
}

}  // namespace mt::runtime
