// SPDX-License-Identifier: MIT
//
// The re-entrancy guard: one event per thread at a time. What allocates inside one (a
// signal handler, libc's own calls) is nested and takes the short way (record/nested.h).
//
// The guard is the stack address at which the event began. A hook that runs at
// the same or a higher address of the same stack, or finds another return
// address than the event's right below it, proves that the event was left by a
// jump (docs/invariants.md). What is done about that is not said here.
#ifndef MEMTRACE_THREAD_REENTRANCY_H
#define MEMTRACE_THREAD_REENTRANCY_H

#include "thread/context.h"

namespace mt::runtime {

inline bool is_guarded(const ThreadContext& c) { return c.busy != 0; }
// `sp` and `pc` are the hook's caller's.
inline void close_guard(ThreadContext& c, u64 sp, u64 pc) {
    publish(c.busy_pc, pc);
    publish(c.busy, sp);
    keep_order();
}
inline void open_guard(ThreadContext& c) {
    keep_order();
    publish(c.busy, 0);
}

// Has the hook that was entered at stack address `since` from `pc_then` been
// left without a return, seen from a hook whose caller is at `sp`?
bool was_left_by_jump(ThreadContext& c, u64 sp, u64 since, u64 pc_then);

}  // namespace mt::runtime

#endif
