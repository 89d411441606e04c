// SPDX-License-Identifier: MIT
//
// The second counting of blocks that are in the sample: the weighted records of
// their tracebacks. Only for states that sample; what is exact is counted as ever.
#ifndef MEMTRACE_JOURNAL_WEIGHTS_H
#define MEMTRACE_JOURNAL_WEIGHTS_H

#include "journal/journal.h"
#include "table/state.h"

namespace mt::runtime {

// The weighted records that an event will add to and take from, and what they
// hold, into the journal: before the event begins, or, of a move, before it
// goes on. `in` and `out` are stack ids; kStackNone where there is no block.
// False: no memory.
bool note_sampled(Context& c, LiveState& state, Shard& shard, u32 in, u32 out);
inline bool note_weights(Context& c, LiveState& state, Shard& shard, u32 in, u32 out) {
    if (is_sampled(in) || is_sampled(out)) return note_sampled(c, state, shard, in, out);
    Journal(c).forget_weighted();
    return true;
}

// With Journal::apply(): what note_weights() named gets and gives the weight of its block.
// By value: where its address is taken, the change of each event stands in memory.
void apply_noted(Context& c, const LiveState& state, Change change);
inline void apply_weights(Context& c, const LiveState& state, const Change& change) {
    if ((c.weighted.alloc_record | c.weighted.free_record) != 0) apply_noted(c, state, change);
}

// The free that comes was of a block that its thread had just allocated.
void count_temporary_weight(Context& c, const LiveState& state, u64 size);

// Of an event that was not committed. `op` without flags.
void take_weights_back(const WeightedInflight& journal, Op op);

}  // namespace mt::runtime

#endif
