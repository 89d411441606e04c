// SPDX-License-Identifier: MIT
#include "record/event.h"

#include "journal/undo.h"
#include "table/losses.h"

namespace mt::runtime {

bool is_nested(ThreadContext& c, u64 sp) {
    if (!was_left_by_jump(c, sp, c.busy, c.busy_pc)) return true;
    count_loss(LossKind::guard_healed);
    undo_abandoned(c);
    release_my_locks();
    return false;
}

void ForeignCall::begin(const Caller& caller) {
    if (!control.is_ready(request_now())) return;
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
