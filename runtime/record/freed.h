// SPDX-License-Identifier: MIT
//
// The last frees, for who asks later what was at an address (abi/state.h, FreedRing).
// Inside an event only. States that keep them are special, so others pay nothing.
#ifndef MEMTRACE_RECORD_FREED_H
#define MEMTRACE_RECORD_FREED_H

#include "record/capture.h"

namespace mt::runtime {

// A block of the block table is about to go, by a call of the stack `freed_by`; 0: not known.
void keep_free(ThreadContext& c, LiveState& state, u64 address, u64 size, u64 word, u32 freed_by);
// Notes who frees the next block, for the event that follows. Where a signal handler gets
// in between and frees one itself, it is not known any more.
void note_freer(ThreadContext& c, const Caller& caller);
u32 stack_of_freer(ThreadContext& c);

}  // namespace mt::runtime

#endif
