// SPDX-License-Identifier: MIT
//
// The last frees, for who asks later what was at an address (abi/state.h, FreedRing).
// Inside an event only. States that keep them are special, so others pay nothing.
#ifndef MEMTRACE_TRACER_FREED_H
#define MEMTRACE_TRACER_FREED_H

#include "tracer/capture.h"

namespace mt::runtime {

// Makes room for as many as `request` asks for. Before the state is published.
void begin_freed(LiveState& state, u64 request);

// A block of the block table is about to go, by a call of the stack `freed_by`; 0: not known.
void keep_freed(ThreadContext& c, LiveState& state, u64 address, u64 size, u32 stack, u32 freed_by);
// Notes who frees the next block, for the event that follows. Where a signal handler gets
// in between and frees one itself, it is not known any more.
void note_freer(const Caller& caller);
u32 stack_of_freer(ThreadContext& c);
inline bool keeps_freed(const LiveState& state) { return state.freed != 0; }

// In an event that frees, before it begins: if they are kept.
inline void keep_free(ThreadContext& c, LiveState& state, u64 address, u64 size, u64 word) {
    if (!keeps_freed(state)) return;
    const u32 freed_by = stack_of_freer(c);
    keep_freed(c, state, address, size, word_stack(word), freed_by);
}
// In a realloc by `caller`, of whose stack the id is `stack` unless that is 0.
inline void keep_free(ThreadContext& c, LiveState& state, u64 address, u64 size, u64 word,
                      u32 stack, const Caller& caller) {
    if (!keeps_freed(state)) return;
    if (stack == kStackNone) stack = capture_stack(c, caller);
    keep_freed(c, state, address, size, word_stack(word), stack);
}

}  // namespace mt::runtime

#endif
