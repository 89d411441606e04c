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

// Every field of the event but op; then op.
void begin_event(ThreadContext& c, Op op, u64 address, u64 old_word, const Change& change);
// For a move, once the new block is known; op is set since begin_event.
void continue_move(ThreadContext& c, u64 new_address, const Change& change);
// The counters of both records.
void apply(const Change& change);
void commit_event(ThreadContext& c);
void end_event(ThreadContext& c);

// The event that a jump (siglongjmp, the thread's end) left behind: taken back
// if it was not committed. The guard is open afterwards.
void undo_abandoned(ThreadContext& c);

}  // namespace mt::runtime

#endif
