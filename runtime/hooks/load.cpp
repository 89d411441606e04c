// SPDX-License-Identifier: MIT
//
// The runtime's only constructor: makes sure that the root is filled even in a
// program that never allocates, and that a fork's child knows itself. Nothing
// may depend on it: dependencies' constructors run, and allocate, before it.
#include <pthread.h>

#include "hooks/real.h"
#include "os/process.h"
#include "table/header.h"
#include "tracer/control.h"
#include "tracer/watch.h"

namespace {

void in_child() {
    using namespace mt::runtime;
    publish(root().pid, os::process_id());
    reset_locks();
    forget_conditions();
    adopt_after_fork();
    if (header() != nullptr) publish(header()->fork_count, header()->fork_count + 1);
}

}  // namespace

// A place for a debugger's breakpoint: the library is mapped and ready.
extern "C" __attribute__((visibility("default"), noinline)) void memtrace_loaded() {
    asm volatile("" ::: "memory");
}

__attribute__((constructor)) static void on_load() {
    mt::runtime::real_is_ready();
    pthread_atfork(nullptr, nullptr, in_child);
    memtrace_loaded();
}
