// SPDX-License-Identifier: MIT
#include "control/lost_box.h"

#include "control/control.h"
#include "guard/locks.h"
#include "os/fault.h"
#include "table/losses.h"
#include "thread/context.h"
#include "thread/escape.h"

namespace mt::runtime {
namespace {

// Any thread may be the first to find out; each that is inside finds out for itself, for all that
// it looks at stays where it was.
void forget_table() {
    publish(root().reason, static_cast<u32>(Reason::lost_box));
    publish(root().status, static_cast<u32>(Status::refused));
    publish(root().header, 0);
    black_box.lose();
    control.forget_requests();
    forget_losses();
}

bool on_fault(const void* address) {
    if (!has_escape() || !black_box.holds(address)) return false;
    forget_table();
    my_context = nullptr;
    process_locks.release_mine();
    escape();
}

}  // namespace

void watch_box() { os::take_bus_errors(on_fault); }

}  // namespace mt::runtime
