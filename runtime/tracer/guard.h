// SPDX-License-Identifier: MIT
//
// One event per thread at a time. What allocates inside one (a signal handler,
// libc's own calls) is nested and takes the short way (tracer/nested.h).
//
// The guard is the stack address at which the event began. A hook that runs at
// the same or a higher address of the same stack, or finds another return
// address than the event's right below it, proves that the event was left by a
// jump: it is taken back and counted (reliability G2).
#ifndef MEMTRACE_TRACER_GUARD_H
#define MEMTRACE_TRACER_GUARD_H

#include "tracer/context.h"

namespace mt::runtime {

// `sp` and `pc` are the hook's caller's. False: this call is nested.
bool open_event(ThreadContext& c, abi::u64 sp, abi::u64 pc);
// Has the hook that was entered at stack address `since` from `pc_then` been
// left without a return, seen from a hook whose caller is at `sp`?
bool was_left_by_jump(ThreadContext& c, abi::u64 sp, abi::u64 since, abi::u64 pc_then);
// Enters what nested events left in the ring, then opens the guard.
void close_event(ThreadContext& c);

}  // namespace mt::runtime

#endif
