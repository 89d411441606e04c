// SPDX-License-Identifier: MIT
#include "table/index.h"

#include "table/header.h"

namespace mt::runtime {

template <class Entry>
u32 Index<Entry>::find_older(u64 hash) const {
    const Table* table = load(newest_);
    while (table != nullptr && (table = table->older) != nullptr) {
        if (const u32 number = find_in(*table, hash)) return number;
    }
    return 0;
}

// At most half full: chains stay short, and find_in always meets an empty entry.
template <class Entry>
typename Index<Entry>::Table* Index<Entry>::make_room() {
    Table* newest = newest_;
    if (newest != nullptr && newest->used * 2 <= newest->mask) return newest;
    const u64 count = newest != nullptr ? (newest->mask + 1) * 2 : kFirstBytes / sizeof(Entry);
    const u64 bytes = sizeof(Table) + count * sizeof(Entry);
    auto* fresh = static_cast<Table*>(process_pool.take_mapping(bytes, true));
    if (fresh == nullptr) return nullptr;
    fresh->older = newest;
    fresh->mask = count - 1;
    publish(newest_, fresh);
    return fresh;
}

template <class Entry>
bool Index<Entry>::insert(u64 hash, u32 number) {
    Table* table = make_room();
    if (table == nullptr) return false;
    u64 i = hash & table->mask;
    for (u32 found = 0;; i = (i + 1) & table->mask) {
        if (!table->entries[i].ends(hash, found)) continue;
        if (found == number) return true;
        if (found == 0) break;
    }
    table->entries[i].put(hash, number);
    ++table->used;
    return true;
}

template class Index<WholeHash>;
template class Index<PackedHash>;

}  // namespace mt::runtime
