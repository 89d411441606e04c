// SPDX-License-Identifier: MIT
//
// A TrackedTable as its writers see it: open addressing by (domain, key). Knows no lock:
// whoever writes has one. Each change is published by one store of Tracked::stack, so that
// a search without the lock and a stopped process's reader find each entry whole.
#ifndef MEMTRACE_TABLE_SLOTS_H
#define MEMTRACE_TABLE_SLOTS_H

#include "table/publish.h"

namespace mt::runtime {

class Slots {
  public:
    explicit Slots(TrackedTable* table) : table_(table) {}

    static u64 bytes_of(u64 capacity) { return sizeof(TrackedTable) + capacity * sizeof(Tracked); }
    static bool is_live(u32 stack) { return stack != 0 && stack != kTrackedTombstone; }
    // Keys may be equal in all but a few bits, wherever those are (finalizer of SplitMix64).
    static u64 hash_of(u32 domain, u64 key) {
        u64 hash = key ^ u64 { domain } * 0x9e3779b97f4a7c15ull;
        hash = (hash ^ hash >> 30) * 0xbf58476d1ce4e5b9ull;
        hash = (hash ^ hash >> 27) * 0x94d049bb133111ebull;
        return hash ^ hash >> 31;
    }

    struct Place {
        Tracked* entry = nullptr;
        Tracked* free = nullptr;  // where the key may go, if it has no entry
    };
    // Ends where nothing was ever put: who fills the table leaves room.
    Place find(u32 domain, u64 key) const {
        Place place;
        if (table_ == nullptr) return place;
        const u64 mask = table_->capacity - 1;
        u64 i = hash_of(domain, key) & mask;
        for (u64 steps = 0; steps <= mask; ++steps, i = (i + 1) & mask) {
            Tracked& slot = begin()[i];
            const u32 stack = load(slot.stack);
            if (is_live(stack)) {
                if (load(slot.key) != key || load(slot.domain) != domain) continue;
                place.entry = &slot;
                break;
            }
            if (place.free == nullptr) place.free = &slot;
            if (stack == 0) break;
        }
        return place;
    }

    // `used` is never less than it says, whatever an event was left in.
    Tracked* fill(Tracked* slot, u32 domain, u64 key, u64 size, u32 stack, u64 stamp) {
        if (slot->stack == 0) publish(table_->used, table_->used + 1);
        publish(slot->domain, domain);
        publish(slot->key, key);
        publish(slot->size, size);
        publish(slot->stamp, stamp);
        publish(slot->stack, stack);
        return slot;
    }

    // Into a table that nobody sees yet, and that has none of these.
    void take_live(const Slots& from) {
        const u64 mask = table_->capacity - 1;
        for (u64 i = 0; from.table_ != nullptr && i < from.table_->capacity; ++i) {
            const Tracked& old = from.begin()[i];
            const u32 stack = load(old.stack);  // once: it may be erased meanwhile
            if (!is_live(stack)) continue;
            u64 at = hash_of(old.domain, old.key) & mask;
            while (begin()[at].stack != 0) at = (at + 1) & mask;
            fill(&begin()[at], old.domain, old.key, old.size, stack, old.stamp);
        }
    }

    // Only where no search goes without the lock. An entry becomes a tombstone only if
    // others may lie behind it, and the next insert that passes takes its place.
    void erase(Tracked* slot) {
        publish(slot->stack, kTrackedTombstone);
        const u64 mask = table_->capacity - 1;
        u64 i = static_cast<u64>(slot - begin());
        if (begin()[(i + 1) & mask].stack != 0) return;
        // Nothing lies behind: nor does anything that these tombstones lead to.
        for (; begin()[i].stack == kTrackedTombstone; i = (i - 1) & mask) {
            publish(begin()[i].stack, 0);
            publish(table_->used, table_->used - 1);
        }
    }

    u64 count_live() const {
        u64 live = 0;
        for (u64 i = 0; i < table_->capacity; ++i) live += is_live(begin()[i].stack) ? 1 : 0;
        return live;
    }

    // Of a table that nobody sees any more. Word by word: a plain loop becomes a call of
    // memset, which no hook may make.
    void clear() {
        auto* words = reinterpret_cast<u64*>(begin());
        const u64 count = table_->capacity * sizeof(Tracked) / sizeof(u64);
        for (u64 i = 0; i < count; ++i) publish(words[i], 0);
        table_->used = 0;
    }

  private:
    Tracked* begin() const { return reinterpret_cast<Tracked*>(table_ + 1); }

    TrackedTable* table_;
};

}  // namespace mt::runtime

#endif
