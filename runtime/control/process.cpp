// SPDX-License-Identifier: MIT
#include "control/process.h"

#include "control/contexts.h"
#include "control/control.h"
#include "control/requests.h"
#include "guard/locks.h"
#include "os/pages.h"
#include "os/thread.h"
#include "table/threads.h"
#include "thread/escape.h"

namespace mt::runtime {
namespace {

bool children_see = false;  // the page of `control` is zeroed in children

// The thread that is in fork(), and whether it came there from inside an event. A child finds them
// as they were; two threads in fork() at once may take each other's.
u64 forking = 0;
bool forks_inside = false;

// The conditions are the parent's.
void forget_conditions() {
    for (WatchSlot& slot : root().watch) publish(slot.condition, 0);
    __atomic_fetch_and(&root().request, ~kRequestWatch, __ATOMIC_ACQ_REL);
}

// The memory of a black box is shared with the parent, which goes on with it: a copy would be of
// many moments. So the child begins anew.
void begin_anew() {
    black_box.leave();
    publish(root().watch_verdicts, 0);
    forget_header();
    forget_depot();
    forget_modules();
    forget_threads();
    forget_states();
    forget_contexts();
    control.forget_requests();
    open_childs_box();
}

// A handler that forks inside an event goes on with it in the child, and so does one that forks
// without libc for all that can be told: what is half done there gets memory of the child's own, in
// which nobody will ever look. The child records nothing.
void stop_for_good() {
    publish(root().reason, static_cast<u32>(Reason::forked_inside));
    publish(root().status, static_cast<u32>(Status::refused));
    black_box.become_private();
}

void leave_parents_box() {
    const bool is_outside = forking == os::thread_pointer() && !forks_inside;
    process_locks.reset();
    forget_conditions();
    if (is_outside) {
        begin_anew();
    } else {
        stop_for_good();
    }
}

void take_table(bool by_libc) {
    os::become_child(by_libc);
    publish(root().pid, os::process_id());
    if (black_box.is_lost()) return process_locks.reset();
    if (black_box.is_open()) return leave_parents_box();
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

void adopt_process() { adopt(forking == os::thread_pointer()); }

void before_fork() {
    // All that looks at a boxed table has one.
    forks_inside = has_escape();
    publish(forking, os::thread_pointer());
}
void after_fork() { publish(forking, 0); }

void adopt_fork() {
    // A handler of fork() that ran before may have allocated: then it is done.
    if (children_see) {
        adopt(true);
    } else {
        take_table(true);
    }
    after_fork();
}

}  // namespace mt::runtime
