// SPDX-License-Identifier: MIT
//
// What a realloc means (class Move of events.h).
#include "table/losses.h"
#include "tracer/events.h"
#include "tracer/guard.h"
#include "tracer/nested.h"
#include "tracer/pages.h"
#include "tracer/recording.h"

namespace mt::runtime {

Move::Move(void* block, const Caller& caller)
    : caller_(caller), address_(address_of(block)), request_(request_now()) {
    const u64 request = request_;
    if (!is_ready(request)) return;
    c_ = context();
    if (c_ == nullptr) return;
    nested_ = !open_event(*c_, caller.sp, caller.pc);
    if (nested_) {
        page_ = nested_withdraw_page(*c_, address_, request);
        if (!page_) old_word_ = nested_withdraw(*c_, address_, request, old_stamp_);
        return;
    }
    state_ = enter_state(*c_, request);
    if (state_ == nullptr) return;
    if (is_special(*state_) && withdraw_page(*state_, address_)) {
        page_ = true;
        return;
    }
    u64* slot = state_->blocks.find(address_);
    if (slot == nullptr) return;
    old_word_ = *slot;
    Change taken;
    taken.out_size = old_size_ = size_of_word(*state_, address_, old_word_);
    if (samples(*state_)) forget_weights(*c_);
    u64* stamp = noted_stamp(*c_, *state_, address_, slot);
    begin_event(*c_, Op::move, address_, old_word_, taken);
    old_stamp_ = erase_stamp(stamp);
    publish(*slot, 0);
}

void Move::finish(void* moved, u64 size) {
    if (c_ == nullptr) return;
    const bool failed = moved == nullptr && size > 0;
    if (!nested_ && !failed && address_of(moved) != address_) publish(c_->moved, 1);
    if (nested_) return finish_nested(moved, size, failed);
    if (page_) {
        finish_page(moved, size, failed);
    } else if (failed) {
        if (old_word_ != 0 && !state_->blocks.insert(address_, old_word_)) {
            count_loss(LossKind::no_memory);
        }
        if (old_stamp_ != 0) put_stamp(*state_, address_, old_stamp_);
        end_event(*c_);
        forget_stamp(*c_);
    } else {
        record(moved, size);
    }
    close_event(*c_);
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
        end_event(*c_);
        forget_stamp(*c_);
        state_ = is_on(request) ? enter_state(*c_, request) : nullptr;
        old_word_ = 0;
    }
    if (state_ == nullptr) return;
    if (old_word_ != 0) return record_elsewhere(moved, size);
    if (moved != nullptr && (request & kRequestPaused) == 0) {
        record_beside_pages(*c_, *state_, address_of(moved), size, caller_);
    }
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
    if (is_special(*state_)) withdraw_page(*state_, address);
    Shard* shard = shard_of(*c_, *state_);
    Change change;
    const u32 stack =
        adds && shard != nullptr ? any_stack_for(*c_, *state_, size, caller_) : kStackNone;
    if (shard == nullptr || !take_from(*state_, *shard, address_, old_word_, change) ||
        (adds && (change.in = record_of(*state_, *shard, stack)) == nullptr) ||
        (samples(*state_) && !note_weights(*c_, *state_, *shard, stack, word_stack(old_word_)))) {
        end_event(*c_);
        forget_stamp(*c_);
        return static_cast<void>(lose_allocation(*c_, stack));
    }
    keep_peaks(*state_, change);
    if (address_ != address || !adds) {
        keep_free(*c_, *state_, address_, change.out_size, old_word_, stack, caller_);
        forget_size(*state_, address_, old_word_);
    }
    if (adds) change.in_size = keep_size(*state_, address, size, stack);
    continue_move(*c_, address, change);
    Blocks::Place place;
    if (adds) place = state_->blocks.place(address, size);
    if (place.found != nullptr) place = without_reused(place, address);
    if (adds && !put_word(*state_, place, address, word_for(address, change.in_size, stack))) {
        lose_allocation(*c_, stack);
        change.in = nullptr;
        change.in_size = 0;
    }
    if (change.in != nullptr) give_stamp(*c_, *state_, address);
    finish_any_event(*c_, *state_, *shard, change);
    c_->last_allocated = address;
}

}  // namespace mt::runtime
