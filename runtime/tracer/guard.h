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

#include "table/publish.h"
#include "tracer/context.h"
#include "tracer/nested.h"

namespace mt::runtime {

// The guard was closed already: nested, unless that event was left by a jump.
bool open_after_jump(ThreadContext& c, abi::u64 sp);
// `sp` and `pc` are the hook's caller's. False: this call is nested.
inline bool open_event(ThreadContext& c, abi::u64 sp, abi::u64 pc) {
    if (__builtin_expect(c.busy != 0, 0) && !open_after_jump(c, sp)) return false;
    publish(c.busy_pc, pc);
    publish(c.busy, sp);
    keep_order();
    return true;
}
// Has the hook that was entered at stack address `since` from `pc_then` been
// left without a return, seen from a hook whose caller is at `sp`?
bool was_left_by_jump(ThreadContext& c, abi::u64 sp, abi::u64 since, abi::u64 pc_then);
// Enters what nested events left in the ring, then opens the guard.
inline void close_event(ThreadContext& c) {
    if (__builtin_expect(c.ring_tail != load(c.ring_head), 0)) drain_ring(c);
    keep_order();
    publish(c.busy, 0);
}

}  // namespace mt::runtime

#endif
