// SPDX-License-Identifier: MIT
#include "table/hash_index.h"

#include "table/header.h"

namespace mt::runtime {
namespace {

constexpr u64 slots_of(u64 first, u32 table) { return first << table; }
// 0 stands for "empty".
constexpr u64 key_of(u64 hash) { return hash != 0 ? hash : 1; }

}  // namespace

u32 HashIndex::find_in(u32 table, u64 hash) const {
    const u64 mask = slots_of(kFirstSlots, table) - 1;
    const Slot* slots = tables_[table];
    for (u64 i = hash & mask;; i = (i + 1) & mask) {
        const u64 at = load(slots[i].hash);
        if (at == hash) return static_cast<u32>(slots[i].value);
        if (at == 0) return 0;
    }
}

u32 HashIndex::find(u64 hash) const {
    hash = key_of(hash);
    for (u32 table = load(newest_); table > 0; --table) {
        if (const u32 value = find_in(table - 1, hash)) return value;
    }
    return 0;
}

bool HashIndex::insert(u64 hash, u32 value) {
    hash = key_of(hash);
    // At most half full: chains stay short, and find_in always meets an empty slot.
    if (newest_ == 0 || used_ * 2 >= slots_of(kFirstSlots, newest_ - 1)) {
        if (newest_ == kTables) return false;
        const u64 bytes = slots_of(kFirstSlots, newest_) * sizeof(Slot);
        auto* fresh = static_cast<Slot*>(process_pool.take_mapping(bytes, true));
        if (fresh == nullptr) return false;
        tables_[newest_] = fresh;
        publish(newest_, newest_ + 1);
        used_ = 0;
    }
    const u64 mask = slots_of(kFirstSlots, newest_ - 1) - 1;
    Slot* slots = tables_[newest_ - 1];
    u64 i = hash & mask;
    while (slots[i].hash != 0) i = (i + 1) & mask;
    slots[i].value = value;
    publish(slots[i].hash, hash);
    ++used_;
    return true;
}

}  // namespace mt::runtime
