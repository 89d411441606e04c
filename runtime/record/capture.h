// SPDX-License-Identifier: MIT
//
// From the registers of a hook's caller to a stack id. Only what is new in the
// stack since this thread's last event is walked.
#ifndef MEMTRACE_RECORD_CAPTURE_H
#define MEMTRACE_RECORD_CAPTURE_H

#include "record/compare.h"
#include "thread/context.h"

namespace mt::runtime {

// Where the program called from: registers as they are after the hook returns.
struct Caller {
    u64 pc, sp, bp;
};

// Inside an event. kStackDepotFull: could not be interned (counted).
void compare_frames(ThreadContext& c, const stack::FrameCache& frames, const Caller& at,
                    bool reused);
u32 capture_changed(ThreadContext& c, const Caller& at, u64 seed);
inline u32 capture_stack(ThreadContext& c, const Caller& at) {
    const u64 seed = chain_seed(kRootComplete);
    const bool same =
        c.last_stack != kStackNone && c.frames.is_unchanged(c.window, at.pc, at.sp, at.bp, seed);
    if (!same) return capture_changed(c, at, seed);
    if constexpr (kCompares) compare_frames(c, c.frames, at, true);
    return c.last_stack;
}

}  // namespace mt::runtime

#endif
