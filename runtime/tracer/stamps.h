// SPDX-License-Identifier: MIT
//
// Stamps of blocks (abi/stamp.h): given and taken inside the event that puts or
// takes the block's word, between the journal's begin and its commit, so that a
// reader never sees a block with another one's stamp. Only in states that stamp.
#ifndef MEMTRACE_TRACER_STAMPS_H
#define MEMTRACE_TRACER_STAMPS_H

#include "abi/stamp.h"
#include "tracer/context.h"

namespace mt::runtime {

inline bool stamps(const LiveState& state) { return __builtin_expect(load(state.stamped) != 0, 0); }

// For what the thread allocates now.
u64 stamp_now(ThreadContext& c, LiveState& state);
inline u64 stamp_if_any(ThreadContext& c, LiveState& state) {
    return stamps(state) ? stamp_now(c, state) : 0;
}

// The block at `address`, whose word stands, gets `stamp`.
void put_stamp(LiveState& state, u64 address, u64 stamp);
// What the word at `slot` has. In the journal: before the event begins.
u64* note_stamp(ThreadContext& c, const LiveState& state, u64 address, const u64* slot);
// After it has ended: it stands for no later one.
inline void forget_stamp(ThreadContext& c) { publish(c.inflight.old_stamp, 0); }
// First of all that an erase does. Returns what it was.
inline u64 erase_stamp(u64* stamp) {
    if (stamp == nullptr) return 0;
    const u64 old = *stamp;
    publish(*stamp, 0);
    return old;
}

}  // namespace mt::runtime

#endif
