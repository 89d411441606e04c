// SPDX-License-Identifier: MIT
//
// Verbs about a heap as its allocator keeps it: heap.
#ifndef MEMTRACE_CORE_COMMAND_HEAP_VERBS_H
#define MEMTRACE_CORE_COMMAND_HEAP_VERBS_H

#include "command/front.h"
#include "model/error.h"

namespace mt::core {

Result<void> run_heap(Front& front);

}  // namespace mt::core

#endif
