// SPDX-License-Identifier: MIT
#include "table/leaf_table.h"

#include "table/header.h"

namespace mt::runtime {

u32 LeafTable::find_older(u64 hash) const {
    const Table* table = load(newest_);
    while (table != nullptr && (table = table->older) != nullptr) {
        if (const u32 id = find_in(*table, hash)) return id;
    }
    return 0;
}

// At most half full: chains stay short, and find_in always meets an empty word.
LeafTable::Table* LeafTable::make_room() {
    Table* newest = newest_;
    if (newest != nullptr && newest->used * 2 <= newest->mask) return newest;
    const u64 words = newest != nullptr ? (newest->mask + 1) * 2 : kFirstWords;
    auto* fresh =
        static_cast<Table*>(process_pool.take_mapping(sizeof(Table) + words * sizeof(u64), true));
    if (fresh == nullptr) return nullptr;
    fresh->older = newest;
    fresh->mask = words - 1;
    publish(newest_, fresh);
    return fresh;
}

bool LeafTable::insert(u64 hash, u32 id) {
    Table* table = make_room();
    if (table == nullptr) return false;
    if (find_in(*table, hash) == id) return true;
    u64 i = hash & table->mask;
    while (table->words[i] != 0) i = (i + 1) & table->mask;
    publish(table->words[i], hash >> kStackIdBits << kStackIdBits | id);
    ++table->used;
    return true;
}

}  // namespace mt::runtime
