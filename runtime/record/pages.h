// SPDX-License-Identifier: MIT
//
// Blocks of the family that are pages of a program's own pool (memtrace_pool). They
// are in no figure, for the pool tracks its pieces; that they are known at all is for
// the family's free and realloc, which would take them for blocks from before the
// start. A piece may lie at its page's address: a page is not in the block table.
#ifndef MEMTRACE_RECORD_PAGES_H
#define MEMTRACE_RECORD_PAGES_H

#include "table/state.h"

namespace mt::runtime {

// The family takes back what lies at `address`. True: it was a page.
inline bool withdraw_page(LiveState& state, u64 address) {
    if (!state.pages.any()) return false;
    Keys::Held page(state.pages, 0, address, false);
    if (page.is_busy()) count_loss(LossKind::untrack_lost);
    if (page.entry() == nullptr) return false;
    page.erase();
    return true;
}

// `page` is held for what the family has given. False: no memory (counted).
inline bool put_page(LiveState& state, Keys::Held& page) {
    if (!page.reserve()) {
        count_loss(page.is_busy() ? LossKind::tracked_busy : LossKind::no_memory);
        return false;
    }
    page.set(0, kStackNested, 0);  // any id that is not empty
    publish(state.special, 1);
    state.miss_block();  // of which readers learn nothing
    return true;
}
inline bool add_page(LiveState& state, u64 address) {
    Keys::Held page(state.pages, 0, address, true);
    return put_page(state, page);
}

}  // namespace mt::runtime

#endif
