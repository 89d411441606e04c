// SPDX-License-Identifier: MIT
//
// The journal of one event: what stood there before, so that a reader (or the
// runtime itself, when a jump left the event) can show the table as it was.
// One store begins it, one commits it, one ends it (abi/layout.h, Inflight).
//
// The one place that says which words are stored in which order. Tests replay it store by
// store (tests/support/journal_steps.h). Finds no record, takes no lock.
#ifndef MEMTRACE_JOURNAL_JOURNAL_H
#define MEMTRACE_JOURNAL_JOURNAL_H

#include "abi/weight.h"
#include "table/publish.h"

namespace mt::runtime {

// What an event adds and takes.
struct Change {
    Record* in = nullptr;  // of the traceback that gets a block
    u64 in_size = 0;
    Record* out = nullptr;  // of the one that gives one
    u64 out_size = 0;
};

// How the runtime stores; a test may do it its own way.
struct Published {
    template <typename T, typename U>
    void word(T& at, U value) const {
        publish(at, value);
    }
    void pair(u64& first, Pair value) const { publish_pair(first, value); }
    u64 name_of(const Record* record) const { return address_of(record); }
};

template <typename Stores>
class JournalOf {
  public:
    explicit JournalOf(Context& context, const Stores& stores = {}) : c_(context), to_(stores) {}

    // Before an event changes a record: keeps what was live at the peak, unless an
    // event since the peak has done so.
    void keep_peak(u64 epoch, Record& record) const {
        if (record.peak_epoch == epoch) return;
        to_.pair(reinterpret_cast<u64&>(record.peak_bytes),
                 load_pair(record.alloc_bytes) - load_pair(record.free_bytes));
        // Last: until now the live figures were the kept ones.
        to_.word(record.peak_epoch, epoch);
    }

    // The event has begun when this returns; all that its operation names is noted
    // (abi::Op). `address`, `old_word`: of what goes, or comes where nothing goes.
    template <Op kOp>
    void begin(u64 address, u64 old_word, const Change& change) const {
        Inflight& f = c_.inflight;
        to_.word(f.address, address);
        if constexpr (kOp != Op::free) to_.word(f.size, change.in_size);
        if constexpr (kOp == Op::move) to_.word(f.new_address, 0);
        if constexpr (kOp != Op::allocate) {
            to_.word(f.old_word, old_word);
            to_.word(f.old_size, change.out_size);
        }
        note<kOp>(change);
        to_.word(f.op, static_cast<u64>(kOp));
    }
    // Of a move, once its records and the new block are known.
    void go_on(u64 new_address, const Change& change) const {
        to_.word(c_.inflight.size, change.in_size);
        note<Op::move>(change);
        to_.word(c_.inflight.new_address, new_address);
    }
    // Of Op::track, before it begins.
    void note_domain(u32 domain) const { to_.word(c_.inflight.domain, domain); }
    // What is to be erased has this stamp. Before the event begins.
    void note_stamp(u64 stamp) const { to_.word(c_.inflight.old_stamp, stamp); }

    // The counters of both records.
    void apply(const Change& change) const {
        if (change.out != nullptr) add(change.out->free_bytes, change.out_size, 1);
        if (change.in != nullptr) add(change.in->alloc_bytes, change.in_size, 1);
    }
    // The figures of the tracebacks are new from here on; the shard's sums follow.
    // By this name a debugger finds the place inside an event (sessions, inside_hook).
    void commit_event(Shard& shard, const Change& change) const {
        to_.word(c_.inflight.op, c_.inflight.op | kCommitted);
        if (change.out != nullptr) add(shard.free_bytes, change.out_size, 1);
        if (change.in != nullptr) add(shard.alloc_bytes, change.in_size, 1);
    }
    void end() const { to_.word(c_.inflight.op, 0); }
    // The same where a stamp may have been noted, which stands for no later event.
    void end_all() const {
        end();
        to_.word(c_.inflight.old_stamp, 0);
    }

    // --- the rest of it while the state samples ---
    // The weighted records of the event, nullptr: none. Before it begins or goes on.
    void note_weighted(const Record* gets, const Record* gives) const {
        WeightedInflight& w = c_.weighted;
        // A record that is named has its values noted; one that is not is not looked at.
        forget_weighted();
        if (gets != nullptr) {
            to_.word(w.before_alloc_bytes, gets->alloc_bytes);
            to_.word(w.before_alloc_count, gets->alloc_count);
            to_.word(w.alloc_record, to_.name_of(gets));
        }
        if (gives != nullptr) {
            to_.word(w.before_free_bytes, gives->free_bytes);
            to_.word(w.before_free_count, gives->free_count);
            to_.word(w.free_record, to_.name_of(gives));
        }
    }
    // Of an event that does not know its records yet.
    void forget_weighted() const {
        to_.word(c_.weighted.alloc_record, 0);
        to_.word(c_.weighted.free_record, 0);
    }
    // With apply(). `mean`: State::sample_bytes.
    void apply_weighted(Record* gets, Record* gives, u64 mean, const Change& change) const {
        if (gives != nullptr) add(gives->free_bytes, weight_of(change.out_size, mean));
        // An event that could not put its word adds nothing.
        if (gets != nullptr && change.in != nullptr) {
            add(gets->alloc_bytes, weight_of(change.in_size, mean));
        }
    }

  private:
    void add(u64& bytes, u64 size, u64 count) const {
        to_.pair(bytes, load_pair(bytes) + Pair{size, count});
    }
    void add(u64& bytes, Weight weight) const { add(bytes, weight.bytes, weight.count); }
    // Last: a record that is named has its values noted.
    template <Op kOp>
    void note(const Change& change) const {
        Inflight& f = c_.inflight;
        if constexpr (kOp != Op::free) {
            if (change.in != nullptr)
                to_.pair(f.before_alloc_bytes, load_pair(change.in->alloc_bytes));
        }
        if constexpr (kOp != Op::allocate) {
            if (change.out != nullptr)
                to_.pair(f.before_free_bytes, load_pair(change.out->free_bytes));
        }
        if constexpr (kOp != Op::free) to_.word(f.alloc_record, to_.name_of(change.in));
        if constexpr (kOp != Op::allocate) to_.word(f.free_record, to_.name_of(change.out));
    }

    Context& c_;
    Stores to_;
};
using Journal = JournalOf<Published>;

}  // namespace mt::runtime

#endif
