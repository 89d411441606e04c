// SPDX-License-Identifier: MIT
//
// See heap_verbs.h.
#include "command/heap_verbs.h"

#include "app/heap/heap.h"

namespace mt::core {

Result<void> run_heap(Front& front) {
    const HeapReport report = MT_TRY(heap_report(front.session.debuggee(), front.has("--check")));
    return front.show(report);
}

}  // namespace mt::core
