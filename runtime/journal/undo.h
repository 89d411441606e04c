// SPDX-License-Identifier: MIT
//
// The event that a jump (siglongjmp, the thread's end, a fork) left behind.
#ifndef MEMTRACE_JOURNAL_UNDO_H
#define MEMTRACE_JOURNAL_UNDO_H

#include "thread/context.h"

namespace mt::runtime {

// Takes it back if it was not committed; if it was, its shard is counted anew. The guard
// is open afterwards.
void undo_abandoned(ThreadContext& c);

}  // namespace mt::runtime

#endif
