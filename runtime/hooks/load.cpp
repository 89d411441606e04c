// SPDX-License-Identifier: MIT
//
// The runtime's only constructor: makes sure that the root is filled even in a
// program that never allocates, and that a fork's child knows itself. Nothing
// may depend on it: dependencies' constructors run, and allocate, before it.
#include <pthread.h>

#include "control/process.h"
#include "hooks/caller.h"
#include "hooks/real.h"

namespace {

__attribute__((MT_ANY_STACK)) void in_parent_before() { mt::runtime::before_fork(); }
__attribute__((MT_ANY_STACK)) void in_parent_after() { mt::runtime::after_fork(); }
__attribute__((MT_ANY_STACK)) void in_child() { mt::runtime::adopt_fork(); }

}  // namespace

// A place for a debugger's breakpoint: the library is mapped and ready.
extern "C" __attribute__((visibility("default"), noinline)) void memtrace_loaded() {
    asm volatile("" ::: "memory");
}

__attribute__((constructor, MT_ANY_STACK)) static void on_load() {
    mt::runtime::real_is_ready();
    pthread_atfork(in_parent_before, in_parent_after, in_child);
    memtrace_loaded();
}
