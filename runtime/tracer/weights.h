// SPDX-License-Identifier: MIT
//
// The second counting of blocks that are in the sample: the weighted records of
// their tracebacks, and the journal for them. Only for states that sample; what
// is exact is counted by events.cpp as ever.
#ifndef MEMTRACE_TRACER_WEIGHTS_H
#define MEMTRACE_TRACER_WEIGHTS_H

#include "tracer/context.h"
#include "tracer/inflight.h"

namespace mt::runtime {

// The weighted records that an event will add to and take from, and what they
// hold, into the journal: before the event begins, or, of a move, before it
// continues. `in` and `out` are stack ids; kStackNone where there is no block.
// False: no memory. forget_weights(): before an event begins that does not know
// its records yet.
bool note_sampled(ThreadContext& c, LiveState& state, Shard& shard, u32 in, u32 out);
inline void forget_weights(ThreadContext& c) {
    publish(c.weighted.alloc_record, 0);
    publish(c.weighted.free_record, 0);
}
inline bool note_weights(ThreadContext& c, LiveState& state, Shard& shard, u32 in, u32 out) {
    if (is_sampled(in) || is_sampled(out)) return note_sampled(c, state, shard, in, out);
    forget_weights(c);
    return true;
}

// With apply(): what note_weights() named gets and gives the weight of its block.
void apply_noted(ThreadContext& c, const LiveState& state, const Change& change);
inline void apply_weights(ThreadContext& c, const LiveState& state, const Change& change) {
    const WeightedInflight& journal = c.weighted;
    if ((journal.alloc_record | journal.free_record) != 0) apply_noted(c, state, change);
}

// The free that comes was of a block that its thread had just allocated.
void count_temporary_weight(ThreadContext& c, const LiveState& state, u64 size);

// Of an event that was not committed. `op` without flags.
void take_weights_back(const WeightedInflight& journal, Op op);

}  // namespace mt::runtime

#endif
