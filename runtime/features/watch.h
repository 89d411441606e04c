// SPDX-License-Identifier: MIT
//
// The conditions of mt break: what a hook calls instead of the plain event while
// some are armed (kRequestWatch), and the one function that a debugger stops at.
// Looks at what events have recorded; records nothing but the stacks of its stops.
#ifndef MEMTRACE_FEATURES_WATCH_H
#define MEMTRACE_FEATURES_WATCH_H

#include "record/capture.h"

namespace mt::runtime {

// What a call is about to do, or has done.
struct WatchedCall {
    enum class What : u32 { gives, fails, frees, tracks, falls } what;
    u64 address;
    u64 size;
};

// Before an event, so that what it changes is seen as a change.
void watched_event_begins(const Caller& caller);
// After the call and its event, or, of a free and a realloc's block, before both: stops
// where a condition is met.
void look(const WatchedCall& call, const Caller& caller);

}  // namespace mt::runtime

#endif
