// SPDX-License-Identifier: MIT
//
// The conditions of mt break: what a hook calls instead of the plain event while
// some are armed (kRequestWatch), and the one function that a debugger stops at.
// Looks at what events have recorded; records nothing but the stacks of its stops.
#ifndef MEMTRACE_TRACER_WATCH_H
#define MEMTRACE_TRACER_WATCH_H

#include "tracer/capture.h"

namespace mt::runtime {

// Before an event, so that what it changes is seen as a change; part of the next two.
void watched_event_begins(const Caller& caller);
// After the real call; nullptr: it failed. Records the block as ever.
void watched_allocation(void* block, u64 size, const Caller& caller);
// Before the real free or realloc, and before its event.
void watched_block_goes(void* block, const Caller& caller);
// After that event: figures may have fallen.
void watched_figures_fell(const Caller& caller);
// After an event of memtrace.h, whose key and size these are.
void watched_tracking(u64 key, u64 size, const Caller& caller);
// After a realloc's event.
void watched_move(void* moved, u64 size, const Caller& caller);

inline bool is_watched(u64 request) { return (request & kRequestWatch) != 0; }

// In a fork's child: the conditions are its parent's.
void forget_conditions();
}  // namespace mt::runtime

#endif
