// SPDX-License-Identifier: MIT
//
// 64-bit hash -> number, for the depot. Look-ups take no lock; inserts are made under
// the caller's. Grows by a further, larger table: nothing is ever moved, so there is no
// pause and no half-built state. Readers of the traced process do not need it: it stays
// out of core files.
#ifndef MEMTRACE_TABLE_INDEX_H
#define MEMTRACE_TABLE_INDEX_H

#include "table/publish.h"

namespace mt::runtime {

// An entry knows whether a search ends at it: `found` is then its number, or 0 where
// nothing was ever put. Zeroed memory is empty entries.

// Of each hash all bits. Equal hashes are taken for equal keys: at a million keys the
// chance of any collision is 3e-8.
struct WholeHash {
    u64 hash;
    u64 number;

    bool ends(u64 wanted, u32& found) const {
        wanted = key_of(wanted);
        const u64 at = load(hash);
        found = at == wanted ? static_cast<u32>(number) : 0;
        return at == wanted || at == 0;
    }
    void put(u64 of, u32 value) {
        number = value;
        publish(hash, key_of(of));
    }

  private:
    static u64 key_of(u64 hash) { return hash != 0 ? hash : 1; }
};

// Of each hash 40 bits, and the number in the others: eight share a cache line. The place
// says some more: at a million keys the chance that any is taken for another is about 2e-6.
struct PackedHash {
    u64 word;

    bool ends(u64 wanted, u32& found) const {
        const u64 at = __atomic_load_n(&word, __ATOMIC_RELAXED);
        const bool same = (at ^ wanted) >> kStackIdBits == 0 && at != 0;
        found = same ? static_cast<u32>(at & ((1u << kStackIdBits) - 1)) : 0;
        return same || at == 0;
    }
    void put(u64 of, u32 number) { publish(word, of >> kStackIdBits << kStackIdBits | number); }
};

template <class Entry>
class Index {
  public:
    // 0: not in the newest table.
    u32 find(u64 hash) const {
        const auto* table = __atomic_load_n(&newest_, __ATOMIC_ACQUIRE);
        return table != nullptr ? find_in(*table, hash) : 0;
    }
    // The same in the tables before it. What is asked for often may be put in again.
    u32 find_older(u64 hash) const;
    u32 find_anywhere(u64 hash) const {
        const u32 number = find(hash);
        return number != 0 ? number : find_older(hash);
    }
    // `number` is not 0; what the newest table has already is not added again. False: no
    // memory.
    bool insert(u64 hash, u32 number);
    // As if nothing had been put in.
    void forget() { publish(newest_, nullptr); }
    // True: the next insert will not fail.
    bool reserve() { return make_room() != nullptr; }

  private:
    struct Table {
        Table* older;
        u64 mask;
        u64 used;
        u64 reserved[5];
        Entry entries[];
    };
    static constexpr u64 kFirstBytes = 65536;

    static u32 find_in(const Table& table, u64 hash) {
        u32 found;
        for (u64 i = hash & table.mask;; i = (i + 1) & table.mask) {
            if (table.entries[i].ends(hash, found)) return found;
        }
    }
    Table* make_room();

    Table* newest_ = nullptr;
};

extern template class Index<WholeHash>;
extern template class Index<PackedHash>;

}  // namespace mt::runtime

#endif
