// SPDX-License-Identifier: MIT
//
// From the registers of a hook's caller to a stack id. Only what is new in the
// stack since this thread's last event is walked.
#ifndef MEMTRACE_TRACER_CAPTURE_H
#define MEMTRACE_TRACER_CAPTURE_H

#include "tracer/context.h"

namespace mt::runtime {

// Where the program called from: registers as they are after the hook returns.
struct Caller {
    u64 pc, sp, bp;
};

// Inside an event. kStackDepotFull: could not be interned (counted).
u32 capture_stack(ThreadContext& c, const Caller& at);

}  // namespace mt::runtime

#endif
