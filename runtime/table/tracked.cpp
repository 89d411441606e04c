// SPDX-License-Identifier: MIT
#include "table/tracked.h"

#include "table/slots.h"

namespace mt::runtime {
namespace {

constexpr u64 kFirstCapacity = 256;

}  // namespace

Tracked* TrackedSizes::find(u32 domain, u64 key) const {
    return Slots(pointer<TrackedTable>(load(*table_))).find(domain, key).entry;
}

// A table at most half used; a larger one is complete before it is published. The old one
// stays: somebody may be searching it.
TrackedTable* TrackedSizes::make_room() {
    auto* old = pointer<TrackedTable>(load(*table_));
    if (old != nullptr && old->used * 2 < old->capacity) return old;
    const u64 capacity = old == nullptr ? kFirstCapacity : old->capacity * 2;
    auto* table = static_cast<TrackedTable*>(pool_->take_mapping(Slots::bytes_of(capacity)));
    if (table == nullptr) return nullptr;
    table->capacity = capacity;
    Slots(table).take_live(Slots(old));
    publish(*table_, address_of(table));
    return table;
}

bool TrackedSizes::insert(u32 domain, u64 key, u64 size, u32 stack) {
    Holder holder(lock_);
    if (!holder) return false;
    erase(domain, key);
    TrackedTable* table = make_room();
    if (table == nullptr) return false;
    Slots(table).fill(Slots(table).find(domain, key).free, domain, key, size, stack, 0);
    return true;
}

void TrackedSizes::erase(u32 domain, u64 key) {
    // No lock: one store, and the key has one owner. A racing growth may carry
    // the entry over; its block word is gone, so nobody asks for it.
    if (Tracked* slot = find(domain, key)) publish(slot->stack, kTrackedTombstone);
}

}  // namespace mt::runtime
