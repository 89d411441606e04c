// SPDX-License-Identifier: MIT
#include "table/tracked.h"

#include "table/publish.h"

namespace mt::runtime {
namespace {

constexpr u64 kFirstCapacity = 256;

Tracked* slots(TrackedTable* table) { return reinterpret_cast<Tracked*>(table + 1); }

u64 home(u32 domain, u64 key, u64 capacity) {
    return ((key ^ u64{domain} << 32) * 0x9e3779b97f4a7c15ull >> 20) & (capacity - 1);
}

bool is_entry(const Tracked& slot, u32 domain, u64 key) {
    const u32 stack = load(slot.stack);
    return stack != 0 && stack != kTrackedTombstone && slot.domain == domain && slot.key == key;
}

void fill(Tracked& slot, u32 domain, u64 key, u64 size, u32 stack) {
    slot.domain = domain;
    slot.key = key;
    slot.size = size;
    publish(slot.stack, stack);
}

// Empty, or of an entry that was erased.
Tracked& first_free(TrackedTable* table, u32 domain, u64 key) {
    const u64 mask = table->capacity - 1;
    u64 i = home(domain, key, table->capacity);
    for (;; i = (i + 1) & mask) {
        const u32 stack = load(slots(table)[i].stack);
        if (stack == 0 || stack == kTrackedTombstone) return slots(table)[i];
    }
}

}  // namespace

Tracked* TrackedSizes::find(u32 domain, u64 key) const {
    auto* table = pointer<TrackedTable>(load(*table_));
    if (table == nullptr) return nullptr;
    const u64 mask = table->capacity - 1;
    u64 i = home(domain, key, table->capacity);
    for (u64 steps = 0; steps < table->capacity; ++steps, i = (i + 1) & mask) {
        Tracked& slot = slots(table)[i];
        if (load(slot.stack) == 0) return nullptr;
        if (is_entry(slot, domain, key)) return &slot;
    }
    return nullptr;
}

// A table at most half used; a larger one is complete before it is published.
bool TrackedSizes::make_room() {
    auto* old = pointer<TrackedTable>(load(*table_));
    if (old != nullptr && old->used * 2 < old->capacity) return true;
    const u64 capacity = old == nullptr ? kFirstCapacity : old->capacity * 2;
    auto* table = static_cast<TrackedTable*>(
        pool_->take_mapping(sizeof(TrackedTable) + capacity * sizeof(Tracked)));
    if (table == nullptr) return false;
    table->capacity = capacity;
    for (u64 i = 0; old != nullptr && i < old->capacity; ++i) {
        const Tracked& from = slots(old)[i];
        if (from.stack == 0 || from.stack == kTrackedTombstone) continue;
        fill(first_free(table, from.domain, from.key), from.domain, from.key, from.size,
             from.stack);
        ++table->used;
    }
    publish(*table_, address_of(table));
    return true;
}

bool TrackedSizes::insert(u32 domain, u64 key, u64 size, u32 stack) {
    Holder holder(lock_);
    if (!holder) return false;
    if (Tracked* same = find(domain, key)) publish(same->stack, kTrackedTombstone);
    if (!make_room()) return false;
    auto* table = pointer<TrackedTable>(load(*table_));
    Tracked& slot = first_free(table, domain, key);
    if (load(slot.stack) == 0) ++table->used;
    fill(slot, domain, key, size, stack);
    return true;
}

void TrackedSizes::erase(u32 domain, u64 key) {
    // No lock: one store, and the key has one owner. A racing growth may carry
    // the entry over; its block word is gone, so nobody asks for it.
    if (Tracked* slot = find(domain, key)) publish(slot->stack, kTrackedTombstone);
}

}  // namespace mt::runtime
