// SPDX-License-Identifier: MIT
//
// Who has which context: made for a thread that comes, taken over from one that ended,
// and what becomes of all others in a fork's child.
#ifndef MEMTRACE_CONTROL_CONTEXTS_H
#define MEMTRACE_CONTROL_CONTEXTS_H

#include "thread/context.h"

namespace mt::runtime {

// The calling thread's, which has none yet. nullptr: no memory (counted).
ThreadContext* make_context();

// After fork, in the child, with Root::pid already its own: this thread is the
// only one there.
void adopt_contexts();

// In a child whose parent's table is not its own: this thread gets a new one (forget_header).
void forget_contexts();

}  // namespace mt::runtime

#endif
