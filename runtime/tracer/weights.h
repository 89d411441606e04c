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
// False: no memory.
bool note_weights(ThreadContext& c, LiveState& state, Shard& shard, u32 in, u32 out);

// Before an event begins that does not know its records yet.
void forget_weights(ThreadContext& c);

// With apply(): what note_weights() named gets and gives the weight of its block.
void apply_weights(ThreadContext& c, const LiveState& state, const Change& change);

// The free that comes was of a block that its thread had just allocated.
void count_temporary_weight(ThreadContext& c, const LiveState& state, u64 size);

// Of an event that was not committed. `op` without flags.
void take_weights_back(const WeightedInflight& journal, Op op);

}  // namespace mt::runtime

#endif
