// SPDX-License-Identifier: MIT
#include "tracer/guard.h"

#include "os/process.h"
#include "table/losses.h"
#include "tracer/control.h"
#include "tracer/inflight.h"
#include "tracer/nested.h"

namespace mt::runtime {
namespace {

bool was_left_by_jump(ThreadContext& c, u64 sp) {
    if (sp < c.busy || os::on_alternate_stack()) return false;
    // A fiber's stack may lie above: only addresses of the thread's own compare.
    return stack::reach_own_stack(c.window, sp) && c.busy >= c.window.low;
}

}  // namespace

bool open_event(ThreadContext& c, u64 sp) {
    if (__builtin_expect(c.busy != 0, 0)) {
        if (!was_left_by_jump(c, sp)) return false;
        count_loss(LossKind::guard_healed);
        undo_abandoned(c);
        release_my_locks();
    }
    publish(c.busy, sp);
    keep_order();
    return true;
}

void close_event(ThreadContext& c) {
    if (c.ring_tail != load(c.ring_head)) drain_ring(c);
    publish(c.state, 0);
    keep_order();
    publish(c.busy, 0);
}

}  // namespace mt::runtime
