// SPDX-License-Identifier: MIT
//
// One event per thread at a time. What allocates inside one (a signal handler,
// libc's own calls) is nested and takes the short way (tracer/nested.h).
//
// The guard is the stack address at which the event began. A hook that runs at
// the same or a higher address of the same stack proves that the event was
// left by a jump: it is taken back and counted (reliability G2).
#ifndef MEMTRACE_TRACER_GUARD_H
#define MEMTRACE_TRACER_GUARD_H

#include "tracer/context.h"

namespace mt::runtime {

// False: this call is nested.
bool open_event(ThreadContext& c, abi::u64 sp);
// Enters what nested events left in the ring, then opens the guard.
void close_event(ThreadContext& c);

}  // namespace mt::runtime

#endif
