// SPDX-License-Identifier: MIT
//
// Open addressing. An erased entry becomes a tombstone only if others may lie behind
// it, and the next insert that passes takes its place. A table of which three quarters
// are used is replaced, by a larger one if half of it is live, by one that is complete
// before a single store publishes it.
#include "table/keys.h"

#include "table/publish.h"

namespace mt::runtime {
namespace {

constexpr u64 kFirstCapacity = 32;
constexpr u64 kLargestPiece = 256;  // slots; a larger table has a mapping of its own

Tracked* slots(TrackedTable* table) { return reinterpret_cast<Tracked*>(table + 1); }
u64 bytes_of(u64 capacity) { return sizeof(TrackedTable) + capacity * sizeof(Tracked); }
bool is_live(u32 stack) { return stack != 0 && stack != kTrackedTombstone; }

// Keys may be equal in all but a few bits, wherever those are (finalizer of SplitMix64).
u64 hash_of(u32 domain, u64 key) {
    u64 hash = key ^ u64 { domain } * 0x9e3779b97f4a7c15ull;
    hash = (hash ^ hash >> 30) * 0xbf58476d1ce4e5b9ull;
    hash = (hash ^ hash >> 27) * 0x94d049bb133111ebull;
    return hash ^ hash >> 31;
}
u32 part_of(u64 hash) { return static_cast<u32>(hash >> 32) % kTrackedParts; }

struct Place {
    Tracked* entry = nullptr;
    Tracked* free = nullptr;  // where the key may go, if it has no entry
};

Place find(TrackedTable* table, u32 domain, u64 key) {
    Place place;
    if (table == nullptr) return place;
    const u64 mask = table->capacity - 1;
    u64 i = hash_of(domain, key) & mask;
    for (u64 steps = 0; steps <= mask; ++steps, i = (i + 1) & mask) {
        Tracked& slot = slots(table)[i];
        if (slot.stack != 0 && slot.stack != kTrackedTombstone) {
            if (slot.key != key || slot.domain != domain) continue;
            place.entry = &slot;
            break;
        }
        if (place.free == nullptr) place.free = &slot;
        if (slot.stack == 0) break;
    }
    return place;
}

// `used` is never less than it says, whatever an event was left in.
Tracked* fill(TrackedTable* table, Tracked* slot, u32 domain, u64 key, u64 size, u32 stack,
              u64 stamp) {
    if (slot->stack == 0) publish(table->used, table->used + 1);
    publish(slot->domain, domain);
    publish(slot->key, key);
    publish(slot->size, size);
    publish(slot->stamp, stamp);
    publish(slot->stack, stack);
    return slot;
}

void insert(TrackedTable* table, const Tracked& from) {
    const u64 mask = table->capacity - 1;
    u64 i = hash_of(from.domain, from.key) & mask;
    while (slots(table)[i].stack != 0) i = (i + 1) & mask;
    fill(table, &slots(table)[i], from.domain, from.key, from.size, from.stack, from.stamp);
}

void erase_slot(TrackedTable* table, Tracked* slot) {
    publish(slot->stack, kTrackedTombstone);
    const u64 mask = table->capacity - 1;
    u64 i = static_cast<u64>(slot - slots(table));
    if (slots(table)[(i + 1) & mask].stack != 0) return;
    // Nothing lies behind: nor does anything that these tombstones lead to.
    for (; slots(table)[i].stack == kTrackedTombstone; i = (i - 1) & mask) {
        publish(slots(table)[i].stack, 0);
        publish(table->used, table->used - 1);
    }
}

u64 count_live(TrackedTable* table) {
    u64 live = 0;
    for (u64 i = 0; i < table->capacity; ++i) live += is_live(slots(table)[i].stack) ? 1 : 0;
    return live;
}

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
        // Word by word: a plain loop becomes a call of memset, which no hook may make.
        auto* words = reinterpret_cast<u64*>(slots(table));
        for (u64 i = 0; i < capacity * sizeof(Tracked) / sizeof(u64); ++i) publish(words[i], 0);
        table->used = 0;
        return table;
    }
    void* room = capacity <= kLargestPiece ? pool_->take(bytes_of(capacity))
                                           : pool_->take_mapping(bytes_of(capacity));
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
    if (old != nullptr) capacity = old->capacity * (count_live(old) * 2 < old->capacity ? 1 : 2);
    TrackedTable* table = make_table(part, capacity);
    if (table == nullptr) return nullptr;
    for (u64 i = 0; old != nullptr && i < old->capacity; ++i) {
        if (is_live(slots(old)[i].stack)) insert(table, slots(old)[i]);
    }
    publish(published, address_of(table));
    publish(part.mask, capacity - 1);
    if (old != nullptr) release_table(part, old);
    return table;
}

void Keys::put_back(u32 domain, u64 key, u64 size, u32 stack, u64 stamp) {
    Parts* all = parts();
    if (all == nullptr) return;
    const u32 part = part_of(hash_of(domain, key));
    auto* table = pointer<TrackedTable>(all->table[part]);
    const Place place = find(table, domain, key);
    Tracked* slot = place.entry != nullptr ? place.entry : place.free;
    if (stack != 0 && slot != nullptr) {
        fill(table, slot, domain, key, size, stack, stamp);
    } else if (place.entry != nullptr) {
        erase_slot(table, place.entry);
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
    const u64 hash = hash_of(domain, key);
    const u32 part = part_of(hash);
    const u64 slot = hash & load(all->part[part].mask);
    const u64 table = load(all->table[part]);
    __builtin_prefetch(pointer<void>(table));
    __builtin_prefetch(pointer<void>(table + bytes_of(slot)));
}

Keys::Held::Held(Keys& keys, u32 domain, u64 key, bool makes)
    : keys_(keys), domain_(domain), key_(key) {
    Parts* all = makes ? keys.make_parts() : keys.parts();
    if (all == nullptr) return;
    const u32 part = part_of(hash_of(domain, key));
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
    const Place place = find(pointer<TrackedTable>(*table_), domain_, key_);
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
    entry_ = fill(pointer<TrackedTable>(*table_), slot, domain_, key_, size, stack, stamp);
}

void Keys::Held::erase() {
    if (entry_ != nullptr) erase_slot(pointer<TrackedTable>(*table_), entry_);
    entry_ = nullptr;
}

void Keys::Held::release() {
    if (part_ != nullptr) part_->lock.release();
    part_ = nullptr;
}

}  // namespace mt::runtime
