// SPDX-License-Identifier: MIT
#include "record/move.h"

#include "journal/transaction.h"
#include "record/freed.h"
#include "record/pages.h"
#include "table/losses.h"

namespace mt::runtime {

namespace {

using Realloc = Transaction<Kind::special, Op::move>;

}  // namespace

Move::Move(void* block, const Caller& caller)
    : caller_(caller), address_(address_of(block)), request_(request_now()) {
    if (!control.is_ready(request_)) return;
    c_ = context();
    if (c_ == nullptr) return;
    nested_ = !open_event(*c_, caller);
    if (nested_) {
        page_ = nested_withdraw_page(*c_, address_, request_);
        if (!page_) old_word_ = nested_withdraw(*c_, address_, request_, old_stamp_);
        return;
    }
    state_ = control.enter(*c_, request_);
    if (state_ == nullptr) return;
    page_ = state_->is_special() && withdraw_page(*state_, address_);
    u64* slot = page_ ? nullptr : state_->blocks.find(address_);
    if (slot == nullptr) return;
    old_word_ = *slot;
    Realloc first(*c_, *state_, nullptr);
    old_stamp_ = first.withdraw(address_, slot, state_->size_of(address_, old_word_));
}

void Move::finish(void* moved, u64 size) {
    if (c_ == nullptr) return;
    const bool failed = moved == nullptr && size > 0;
    if (nested_) return finish_nested(moved, size, failed);
    if (!failed && address_of(moved) != address_) publish(c_->moved, 1);
    if (page_) {
        finish_page(moved, size, failed);
    } else if (failed) {
        put_back();
    } else {
        record(moved, size);
    }
    close_event(*c_);
}

void Move::put_back() {
    if (old_word_ != 0 && !state_->blocks.insert(address_, old_word_)) {
        count_loss(LossKind::no_memory);
    }
    if (old_stamp_ != 0) state_->put_stamp(address_, old_stamp_);
    Journal(*c_).end_all();
}

void Move::finish_nested(void* moved, u64 size, bool failed) {
    const u64 request = request_now();
    // A clear since: the word belongs to a state that is gone.
    const bool cleared = request_generation(request) != request_generation(request_);
    if (page_ && !cleared) {
        if (failed || moved != nullptr) {
            nested_add_page(*c_, failed ? address_ : address_of(moved), request);
        }
        return;
    }
    if (cleared) old_word_ = 0;
    if (failed && old_word_ != 0) {
        nested_put_back(*c_, address_, old_word_, old_stamp_, request);
    } else if (!failed) {
        nested_moved(*c_, address_, old_word_, address_of(moved), size, request);
    }
}

// A pool's page stays one, wherever it goes.
void Move::finish_page(void* moved, u64 size, bool failed) {
    const bool cleared = state_->generation != request_generation(request_now());
    if (cleared && !failed) return record(moved, size);
    if (cleared || (moved == nullptr && !failed)) return;
    const u64 address = failed ? address_ : address_of(moved);
    const bool is_stale = address != address_ && state_->blocks.find(address) != nullptr;
    if (is_stale) record_any_free(*c_, *state_, address);
    add_page(*state_, address);
}

void Move::record(void* moved, u64 size) {
    // A stop or clear came while the real realloc ran: the old trace is gone
    // with its state, and the new block belongs to the new one.
    const u64 request = request_now();
    if (state_ != nullptr && state_->generation != request_generation(request)) {
        Journal(*c_).end_all();
        state_ = is_on(request) ? control.enter(*c_, request) : nullptr;
        old_word_ = 0;
    }
    if (state_ == nullptr) return;
    if (old_word_ != 0) return record_elsewhere(moved, size);
    if (moved == nullptr) return;
    if ((request & kRequestPaused) != 0) return state_->miss_block();
    record_beside_pages(*c_, *state_, address_of(moved), size, caller_);
}

// As replace_reused(), while the move's own journal is open: the stale row goes as a
// handler's free would take it.
Blocks::Place Move::without_reused(const Blocks::Place& place, u64 address) {
    count_loss(LossKind::address_reused);
    nested_free(*c_, address, request_);
    return {nullptr, place.found};
}

// The second half of a move whose block was traced: one allocation, one free,
// committed together, so that the peak never sees both.
void Move::record_elsewhere(void* moved, u64 size) {
    const u64 address = address_of(moved);
    const bool adds = moved != nullptr && Blocks::holds(address) && !is_paused(*c_, request_now());
    if (state_->is_special()) withdraw_page(*state_, address);
    Shard* shard = shard_of(*c_, *state_);
    const u32 stack =
        adds && shard != nullptr ? any_stack_for(*c_, *state_, size, caller_) : kStackNone;
    const u64 old_size = state_->size_of(address_, old_word_);
    Realloc transaction(*c_, *state_, shard);
    if (shard == nullptr || !transaction.name(stack, word_stack(old_word_), old_size)) {
        transaction.end();
        lose_allocation(*c_, stack);
        return;
    }
    if (address_ != address || !adds) {
        if (state_->keeps_freed()) {
            const u32 freed_by = adds ? stack : capture_stack(*c_, caller_);
            keep_free(*c_, *state_, address_, old_size, old_word_, freed_by);
        }
        state_->forget_size(address_, old_word_);
    }
    if (adds) transaction.set_size(state_->keep_size(address, size, stack));
    transaction.go_on(address);
    Blocks::Place place;
    if (adds) place = state_->blocks.place(address, size);
    if (place.found != nullptr) place = without_reused(place, address);
    if (adds && !transaction.put(place, address, stack)) {
        lose_allocation(*c_, stack);
        transaction.give_up_block();
    }
    if (!adds && moved != nullptr) state_->miss_block();
    transaction.finish();
    c_->last_allocated = address;
}

}  // namespace mt::runtime
