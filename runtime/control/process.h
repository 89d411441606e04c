// SPDX-License-Identifier: MIT
//
// Which process this is: a fork's child finds its parent's table, with locks and events
// of threads that it does not have. fork() tells us; syscall(SYS_fork), clone, clone3 and
// _Fork tell nobody, so the child finds out by itself: it does not know its process
// (control.h). A child that shares its parent's memory (vfork, posix_spawn) works in its
// parent's table, which is right.
#ifndef MEMTRACE_CONTROL_PROCESS_H
#define MEMTRACE_CONTROL_PROCESS_H

namespace mt::runtime {

// Once, before the process is known: the root learns its process.
void begin_process();

// In a child, unless that was done: the table is its own from now on. For hooks that find
// the process unknown, and for fork().
void adopt_process();
// Around fork(), in the parent.
void before_fork();
void after_fork();
// In the child of fork(); also where the kernel zeroes no page.
void adopt_fork();

}  // namespace mt::runtime

#endif
