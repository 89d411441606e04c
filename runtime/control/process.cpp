// SPDX-License-Identifier: MIT
#include "control/process.h"

#include "control/contexts.h"
#include "control/control.h"
#include "os/pages.h"
#include "os/thread.h"

namespace mt::runtime {
namespace {

bool children_see = false;  // the page of `control` is zeroed in children

// The conditions are the parent's.
void forget_conditions() {
    for (WatchSlot& slot : root().watch) publish(slot.condition, 0);
    __atomic_fetch_and(&root().request, ~kRequestWatch, __ATOMIC_ACQ_REL);
}

void take_table(bool by_libc) {
    os::become_child(by_libc);
    publish(root().pid, os::process_id());
    reset_locks();
    forget_conditions();
    adopt_contexts();
    if (header() != nullptr) publish(header()->fork_count, header()->fork_count + 1);
}

void adopt(bool by_libc) {
    // A signal handler, or a thread that was begun meanwhile, goes on without.
    if (!control.begin_adopting()) return;
    take_table(by_libc);
    control.know_process();
}

}  // namespace

void begin_process() {
    root().pid = os::process_id();
    children_see = os::zero_in_children(&control, sizeof(control));
}

void adopt_process() { adopt(false); }

void adopt_fork() {
    // A handler of fork() that ran before may have allocated: then it is done.
    if (children_see) return adopt(true);
    take_table(true);
}

}  // namespace mt::runtime
