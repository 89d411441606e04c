// SPDX-License-Identifier: MIT
//
// Which process this is: a fork's child finds its parent's table, with locks and events
// of threads that it does not have. fork() tells us; syscall(SYS_fork), clone, clone3 and
// _Fork tell nobody, so the child finds out by itself: Settled::process (control.h) is 0
// there. A child that shares its parent's memory (vfork, posix_spawn) works in its
// parent's table, which is right.
#ifndef MEMTRACE_TRACER_CHILDREN_H
#define MEMTRACE_TRACER_CHILDREN_H

#include "table/publish.h"
#include "tracer/control.h"

namespace mt::runtime {

// Values of Settled::process.
enum class Process : abi::u64 { unknown = 0, known = 1, adopting = 2 };

inline bool is_known_process() { return load(settled.process) == static_cast<u64>(Process::known); }

// Once, before Settled::process is set: the root learns its process.
void begin_process();
void know_process();

// In a child, unless that was done: the table is its own from now on. For hooks that find
// Settled::process at 0, and for fork().
void adopt_process();
// In the child of fork(); also where the kernel zeroes no page.
void adopt_fork();

}  // namespace mt::runtime

#endif
