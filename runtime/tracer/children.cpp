// SPDX-License-Identifier: MIT
#include "tracer/children.h"

#include "os/pages.h"
#include "os/thread.h"
#include "table/header.h"
#include "tracer/context.h"
#include "tracer/watch.h"

namespace mt::runtime {
namespace {

bool children_see = false;  // the page of `settled` is zeroed in children

void take_table(bool by_libc) {
    os::become_child(by_libc);
    publish(root().pid, os::process_id());
    reset_locks();
    forget_conditions();
    adopt_after_fork();
    if (header() != nullptr) publish(header()->fork_count, header()->fork_count + 1);
}

void adopt(bool by_libc) {
    // A signal handler, or a thread that was begun meanwhile, goes on without.
    u64 unknown = static_cast<u64>(Process::unknown);
    if (!exchange_if(settled.process, unknown, static_cast<u64>(Process::adopting))) return;
    take_table(by_libc);
    know_process();
}

}  // namespace

void begin_process() {
    root().pid = os::process_id();
    children_see = os::zero_in_children(&settled, sizeof(settled));
}

void know_process() { publish(settled.process, static_cast<u64>(Process::known)); }

void adopt_process() { adopt(false); }

void adopt_fork() {
    // A handler of fork() that ran before may have allocated: then it is done.
    if (children_see) return adopt(true);
    take_table(true);
}

}  // namespace mt::runtime
