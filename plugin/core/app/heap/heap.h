// SPDX-License-Identifier: MIT
//
// The heap of a process or core as its allocator keeps it: what mt heap says. Needs no runtime.
#ifndef MEMTRACE_CORE_APP_HEAP_HEAP_H
#define MEMTRACE_CORE_APP_HEAP_HEAP_H

#include "model/error.h"
#include "report/heap.h"
#include "target/debuggee.h"

namespace mt::core {

// `checks`: all that contradicts itself is listed.
Result<HeapReport> heap_report(Debuggee& debuggee, bool checks);

}  // namespace mt::core

#endif
