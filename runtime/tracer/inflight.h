// SPDX-License-Identifier: MIT
//
// The journal of one event: what stood there before, so that a reader (or the
// runtime itself, when a jump left the event) can show the table as it was.
// One store begins it, one commits it, one ends it (abi/layout.h, Inflight).
#ifndef MEMTRACE_TRACER_INFLIGHT_H
#define MEMTRACE_TRACER_INFLIGHT_H

#include "table/publish.h"
#include "tracer/context.h"

namespace mt::runtime {

// What an event adds and takes.
struct Change {
    Record* in = nullptr;  // of the traceback that gets a block
    u64 in_size = 0;
    Record* out = nullptr;  // of the one that gives one
    u64 out_size = 0;
};

// What the operation names (abi::Op); then the operation.
inline void begin_allocate(ThreadContext& c, u64 address, const Change& change) {
    Inflight& f = c.inflight;
    publish(f.address, address);
    publish(f.size, change.in_size);
    publish_pair(f.before_alloc_bytes, load_pair(change.in->alloc_bytes));
    publish(f.alloc_record, address_of(change.in));
    publish(f.op, static_cast<u64>(Op::allocate));
}
inline void begin_free(ThreadContext& c, u64 address, u64 old_word, const Change& change) {
    Inflight& f = c.inflight;
    publish(f.address, address);
    publish(f.old_word, old_word);
    publish(f.old_size, change.out_size);
    publish_pair(f.before_free_bytes, load_pair(change.out->free_bytes));
    publish(f.free_record, address_of(change.out));
    publish(f.op, static_cast<u64>(Op::free));
}
// Every field.
void begin_event(ThreadContext& c, Op op, u64 address, u64 old_word, const Change& change);
// Under the lock of the key's part; `old` is what stands there, nullptr: nothing.
inline void begin_track(ThreadContext& c, u32 domain, u64 key, const Tracked* old,
                        const Change& change) {
    publish(c.inflight.domain, domain);
    publish(c.inflight.old_stamp, old != nullptr ? old->stamp : 0);
    begin_event(c, Op::track, key, old != nullptr ? old->stack : kStackNone, change);
}
// For a move, once the new block is known; op is set since begin_event.
void continue_move(ThreadContext& c, u64 new_address, const Change& change);

// The counters of both records.
inline void apply(const Change& change) {
    if (change.out != nullptr) add_own(change.out->free_bytes, change.out_size, 1);
    if (change.in != nullptr) add_own(change.in->alloc_bytes, change.in_size, 1);
}
// The figures of the tracebacks are new from here on; the shard's sums follow.
inline void commit_event(ThreadContext& c, Shard& shard, const Change& change) {
    publish(c.inflight.op, c.inflight.op | kCommitted);
    if (change.out != nullptr) add_own(shard.free_bytes, change.out_size, 1);
    if (change.in != nullptr) add_own(shard.alloc_bytes, change.in_size, 1);
}
inline void end_event(ThreadContext& c) { publish(c.inflight.op, 0); }

// The event that a jump (siglongjmp, the thread's end) left behind: taken back
// if it was not committed; if it was, its shard is counted anew. The guard is
// open afterwards.
void undo_abandoned(ThreadContext& c);

}  // namespace mt::runtime

#endif
