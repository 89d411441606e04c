// SPDX-License-Identifier: MIT
//
// What every event does to the table: the family's, those of memtrace.h, and those of
// signal handlers when they leave the ring. Who has found out what happened, in which
// stack, makes a transaction of it:
//
//     name()         the records that get and give a block; what they held at the peak
//     begin()        the journal is open: from here to the commit the table is as before
//     put(), take()  the block's word and stamp (of a key: table/keys.h)
//     finish()       counters, commit, the shard's sums; then the peak
//
// Inside an event of the thread only. Knows no stack and no request.
#ifndef MEMTRACE_JOURNAL_TRANSACTION_H
#define MEMTRACE_JOURNAL_TRANSACTION_H

#include "journal/journal.h"
#include "journal/tops.h"
#include "journal/weights.h"
#include "table/counters.h"
#include "thread/context.h"
#include "thread/stamps.h"

namespace mt::runtime {

// What a state records: blocks with their stacks, or what it was asked for besides: a
// sample only, stamps. Two copies of the hot path: the plain one is not to pay for any
// of it, the special one looks at the state each time, and so is right for any.
enum class Kind { plain, special };

// After an event: may it be a new peak?
inline void look_at_peak(LiveState& state, Shard& shard) {
    if (__builtin_expect(!passes_limit(shard), 1)) return;
    if (!settle_peak(state, shard)) count_loss(LossKind::peak_busy);
}

template <Kind kKind, Op kOp>
class Transaction {
  public:
    // `shard`: not needed by withdraw().
    Transaction(ThreadContext& c, LiveState& state, Shard* shard)
        : c_(c), state_(state), shard_(shard), journal_(c) {}

    // By stack id; kStackNone: nobody gets a block, or gives one (of `out_size` bytes).
    // An allocation never gives one, a free never gets one. False: no memory; nothing has
    // been done.
    [[gnu::always_inline]] bool name(u32 in, u32 out, u64 out_size) {
        if (kOp == Op::allocate || (kOp != Op::free && in != kStackNone)) {
            change_.in = record_of(state_, *shard_, in);
            if (change_.in == nullptr) return false;
        }
        if (kOp == Op::free || (kOp != Op::allocate && out != kStackNone)) {
            change_.out = record_of(state_, *shard_, out);
            change_.out_size = out_size;
            if (change_.out == nullptr) return false;
        }
        if constexpr (kKind == Kind::special) {
            if (state_.samples() && !note_weights(c_, state_, *shard_, in, out)) return false;
        }
        const u64 epoch = load(state_.peak_epoch);
        if (change_.in != nullptr) journal_.keep_peak(epoch, *change_.in);
        if (change_.out != nullptr) journal_.keep_peak(epoch, *change_.out);
        return true;
    }
    // How many bytes get counted in, once that is known.
    void set_size(u64 size) { change_.in_size = size; }
    // What comes cannot be put: only what goes is counted.
    void give_up_block() { change_.in = nullptr, change_.in_size = 0; }

    void begin(u64 address, u64 old_word) {
        if constexpr (kOp == Op::move) publish(c_.moved, 0);
        journal_.template begin<kOp>(address, old_word, change_);
    }

    // The same for a key, whose part is locked; `old`: what stands there, or nullptr.
    void begin(u32 domain, u64 key, const Tracked* old) {
        journal_.note_domain(domain);
        journal_.note_stamp(old != nullptr ? old->stamp : 0);
        begin(key, old != nullptr ? old->stack : kStackNone);
    }

    // The word of the block at `address`, with its stamp. False: no memory.
    [[gnu::always_inline]] bool put(const Blocks::Place& place, u64 address, u32 stack) {
        const u64 word = LiveState::word_for(address, change_.in_size, stack);
        const u64* slot = place.empty;
        if (place.found != nullptr) {
            publish(*place.found, word);
            slot = place.found;
        } else if (!Blocks::claim(place.empty, word)) {
            if (!state_.blocks.insert(address, word)) return false;
            slot = nullptr;  // it found one itself
        }
        if constexpr (kKind == Kind::special) {
            if (state_.stamps()) state_.put_stamp(address, stamp_now(c_, state_), slot);
        }
        return true;
    }
    // Begins with the end of the block whose word is at `slot`. Returns its stamp, or 0.
    [[gnu::always_inline]] u64 take(u64 address, u64* slot) {
        u64* stamp = nullptr;
        if constexpr (kKind == Kind::special) stamp = note_stamp(address, slot);
        begin(address, *slot);
        const u64 old = erase_stamp(stamp);
        publish(*slot, 0);
        return old;
    }
    // A move begins before it is known who gets a block, goes on once it is.
    u64 withdraw(u64 address, u64* slot, u64 size) {
        change_.out_size = size;
        if (state_.samples()) journal_.forget_weighted();
        return take(address, slot);
    }
    void go_on(u64 new_address) { journal_.go_on(new_address, change_); }
    // Begins where another block stands in its place already.
    void replace(u64 address, u64* slot) {
        note_stamp(address, slot);
        begin(address, slot != nullptr ? *slot : 0);
        publish(c_.inflight.new_address, address);
    }

    // What goes was the last that its thread had allocated.
    void count_temporary() {
        add_own(change_.out->temporary_count, u64{1});
        if constexpr (kKind == Kind::special) {
            if (state_.samples()) count_temporary_weight(c_, state_, change_.out_size);
        }
    }

    // The counters; then the figures are new. Without a look at the peak, which may take a
    // lock, and without the end of the journal.
    [[gnu::always_inline]] void apply() {
        journal_.apply(change_);
        if constexpr (kKind == Kind::special) {
            if (state_.samples()) apply_weights(c_, state_, change_);
        }
    }
    [[gnu::always_inline]] void commit() {
        apply();
        journal_.commit_event(*shard_, change_);
        if constexpr (kKind == Kind::special) {
            if (state_.is_special()) keep_tops(*shard_, change_);
        }
    }
    // Also of an event that is given up.
    void end() {
        if constexpr (kKind == Kind::special) return journal_.end_all();
        journal_.end();
    }
    [[gnu::always_inline]] void finish() {
        commit();
        end();
        look_at_peak(state_, *shard_);
    }

  private:
    u64* note_stamp(u64 address, const u64* slot) {
        if (!state_.stamps() || slot == nullptr) return nullptr;
        u64* stamp = state_.blocks.stamp(address, slot, false);
        journal_.note_stamp(stamp != nullptr ? *stamp : 0);
        return stamp;
    }

    ThreadContext& c_;
    LiveState& state_;
    Shard* shard_;
    const Journal journal_;
    Change change_;
};

}  // namespace mt::runtime

#endif
