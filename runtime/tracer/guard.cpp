// SPDX-License-Identifier: MIT
#include "tracer/guard.h"

#include "os/cpu.h"
#include "stack/walker.h"
#include "table/losses.h"
#include "tracer/control.h"
#include "tracer/inflight.h"
#include "tracer/recording.h"

namespace mt::runtime {

bool was_left_by_jump(ThreadContext& c, u64 sp, u64 since, u64 pc_then) {
    // A fiber's stack may lie above: only addresses of the thread's own compare.
    // Either may lie on a page that no walk has come to yet.
    if (!stack::reach_own_stack(c.window, sp)) return false;
    if (!stack::reach_own_stack(c.window, since - sizeof(u64))) return false;
    // As long as that hook is there, so is its return address. A handler on an alternate
    // stack may stand above a hook that goes on.
    if (sp < since) return os::return_address_of(since) != pc_then;
    return !stack::may_be_above_interrupted_code();
}

bool open_after_jump(ThreadContext& c, u64 sp) {
    if (!was_left_by_jump(c, sp, c.busy, c.busy_pc)) return false;
    count_loss(LossKind::guard_healed);
    undo_abandoned(c);
    release_my_locks();
    return true;
}

void ForeignCall::begin(const Caller& caller) {
    if (!is_ready(request_now())) return;
    ThreadContext* c = context();
    if (c == nullptr) return;
    inner_ =
        c->foreign_call != 0 && !was_left_by_jump(*c, caller.sp, c->foreign_call, c->foreign_pc);
    if (inner_) return;
    c_ = c;
    publish(c->foreign_pc, caller.pc);
    publish(c->foreign_call, caller.sp);
}

}  // namespace mt::runtime
