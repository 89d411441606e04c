// SPDX-License-Identifier: MIT
#include "thread/reentrancy.h"

#include "os/cpu.h"
#include "stack/walker.h"

namespace mt::runtime {

bool was_left_by_jump(ThreadContext& c, u64 sp, u64 since, u64 pc_then) {
    // A fiber's stack may lie above: only addresses of the thread's own compare.
    // Either may lie on a page that no walk has come to yet.
    if (!stack::reach_own_stack(c.window, sp)) return false;
    if (!stack::reach_own_stack(c.window, since - sizeof(u64))) return false;
    // As long as that hook is there, so is its return address. A handler on an alternate
    // stack may stand above a hook that goes on.
    if (sp < since) return !os::may_return_to(since, pc_then);
    return !stack::may_be_above_interrupted_code();
}

}  // namespace mt::runtime
