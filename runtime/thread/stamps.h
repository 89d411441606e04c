// SPDX-License-Identifier: MIT
//
// The stamp of what a thread allocates now (abi/stamp.h). Where it stands is the state's
// business (LiveState::put_stamp); states that do not stamp never ask.
#ifndef MEMTRACE_THREAD_STAMPS_H
#define MEMTRACE_THREAD_STAMPS_H

#include "thread/context.h"

namespace mt::runtime {

u64 stamp_now(ThreadContext& c, LiveState& state);
// 0: the state does not stamp.
inline u64 stamp_if_any(ThreadContext& c, LiveState& state) {
    return state.stamps() ? stamp_now(c, state) : 0;
}

}  // namespace mt::runtime

#endif
