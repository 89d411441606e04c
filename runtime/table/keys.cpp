// SPDX-License-Identifier: MIT
//
// A table of which three quarters are used is replaced, by a larger one if half of it is
// live, by one that is complete before a single store publishes it.
#include "table/keys.h"

#include "table/slots.h"

namespace mt::runtime {
namespace {

constexpr u64 kFirstCapacity = 32;
constexpr u64 kLargestPiece = 256;  // slots; a larger table has a mapping of its own

u32 part_of(u64 hash) { return static_cast<u32>(hash >> 32) % kTrackedParts; }

}  // namespace

Keys::Parts* Keys::parts() const { return pointer<Parts>(load(*parts_)); }

Keys::Parts* Keys::make_parts() {
    if (Parts* there = parts()) return there;
    void* fresh = pool_->take(sizeof(Parts));
    if (fresh == nullptr) return nullptr;
    exchange_if<u64>(*parts_, 0, address_of(fresh));
    return parts();
}

TrackedTable* Keys::make_table(Part& part, u64 capacity) {
    TrackedTable* table = part.spare;
    part.spare = nullptr;
    if (table != nullptr && table->capacity == capacity) {
        Slots(table).clear();
        return table;
    }
    void* room = capacity <= kLargestPiece ? pool_->take(Slots::bytes_of(capacity))
                                           : pool_->take_mapping(Slots::bytes_of(capacity));
    table = static_cast<TrackedTable*>(room);
    if (table != nullptr) table->capacity = capacity;
    return table;
}

// Small ones are pieces of the pool, which cannot be given back: one waits for the next
// of its size. All that growth leaves behind of them is 8 KiB for a part.
void Keys::release_table(Part& part, TrackedTable* table) {
    if (table->capacity > kLargestPiece) return pool_->give_back(table);
    part.spare = table;
}

// At most three quarters are used, so every search meets an empty slot.
TrackedTable* Keys::make_room(Part& part, u64& published) {
    auto* old = pointer<TrackedTable>(published);
    if (old != nullptr && old->used * 4 < old->capacity * 3) return old;
    u64 capacity = kFirstCapacity;
    if (old != nullptr) {
        const bool crowded = Slots(old).count_live() * 2 >= old->capacity;
        capacity = old->capacity * (crowded ? 2 : 1);
    }
    TrackedTable* table = make_table(part, capacity);
    if (table == nullptr) return nullptr;
    Slots(table).take_live(Slots(old));
    publish(published, address_of(table));
    publish(part.mask, capacity - 1);
    if (old != nullptr) release_table(part, old);
    return table;
}

void Keys::put_back(u32 domain, u64 key, u64 size, u32 stack, u64 stamp) {
    Parts* all = parts();
    if (all == nullptr) return;
    const u32 part = part_of(Slots::hash_of(domain, key));
    auto* table = pointer<TrackedTable>(all->table[part]);
    const Slots::Place place = Slots(table).find(domain, key);
    Tracked* slot = place.entry != nullptr ? place.entry : place.free;
    if (stack != 0 && slot != nullptr) {
        Slots(table).fill(slot, domain, key, size, stack, stamp);
    } else if (place.entry != nullptr) {
        Slots(table).erase(place.entry);
    }
    all->part[part].lock.release();
}

void Keys::reset_locks() {
    if (Parts* all = parts()) {
        for (Part& part : all->part) part.lock.reset();
    }
}

void Keys::release_my_locks() {
    if (Parts* all = parts()) {
        for (Part& part : all->part) part.lock.release_if_mine();
    }
}

// Without the lock: the table may be gone by now, which a prefetch does not mind.
void Keys::prefetch(u32 domain, u64 key) const {
    const Parts* all = parts();
    if (all == nullptr) return;
    const u64 hash = Slots::hash_of(domain, key);
    const u32 part = part_of(hash);
    const u64 slot = hash & load(all->part[part].mask);
    const u64 table = load(all->table[part]);
    __builtin_prefetch(pointer<void>(table));
    __builtin_prefetch(pointer<void>(table + Slots::bytes_of(slot)));
}

Keys::Held::Held(Keys& keys, u32 domain, u64 key, bool makes)
    : keys_(keys), domain_(domain), key_(key) {
    Parts* all = makes ? keys.make_parts() : keys.parts();
    if (all == nullptr) return;
    const u32 part = part_of(Slots::hash_of(domain, key));
    // What cannot be had here is lost for good, and whoever holds it may be growing the
    // table on a busy machine.
    constexpr int kWaits = 10 * Lock::kPatientWaits;
    busy_ = !all->part[part].lock.try_acquire(kWaits);
    if (busy_) return;
    part_ = &all->part[part];
    table_ = &all->table[part];
    look();
}

void Keys::Held::look() {
    const Slots::Place place = Slots(pointer<TrackedTable>(*table_)).find(domain_, key_);
    entry_ = place.entry;
    free_ = place.free;
}

bool Keys::Held::reserve() {
    if (part_ == nullptr) return false;
    if (entry_ != nullptr) return true;
    const u64 before = *table_;
    if (keys_.make_room(*part_, *table_) == nullptr) return false;
    if (*table_ != before) look();
    return true;
}

void Keys::Held::set(u64 size, u32 stack, u64 stamp) {
    Tracked* slot = entry_ != nullptr ? entry_ : free_;
    entry_ = Slots(pointer<TrackedTable>(*table_)).fill(slot, domain_, key_, size, stack, stamp);
}

void Keys::Held::erase() {
    if (entry_ != nullptr) Slots(pointer<TrackedTable>(*table_)).erase(entry_);
    entry_ = nullptr;
}

void Keys::Held::release() {
    if (part_ != nullptr) part_->lock.release();
    part_ = nullptr;
}

}  // namespace mt::runtime
