// SPDX-License-Identifier: MIT
//
// A memory barrier in every thread of the process at once, so that those who read seldom
// need none of their own. How it is had depends on the architecture.
#ifndef MEMTRACE_OS_BARRIER_H
#define MEMTRACE_OS_BARRIER_H

#include "os/process.h"

#if defined(__x86_64__)
#include "os/x86_64/barrier.h"
#else
#error "memtrace: no barrier of all threads for this architecture"
#endif

namespace mt::runtime::os {

// Every thread of the process has passed a full memory barrier since; false if that
// cannot be had. Callers hold one lock.
inline bool barrier_all_threads() { return has_one_thread() || barrier_other_threads(); }

}  // namespace mt::runtime::os

#endif
