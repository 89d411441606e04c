// SPDX-License-Identifier: MIT
//
// Hash of a whole stack -> stack id, for stacks that were seen before: one probe
// per allocation, so it is apart from the index of inner frames and eight
// stacks share a cache line. Look-ups take no lock; inserts are made under the
// caller's. Grows by a larger table; what is asked for again is copied forward,
// so there is no pause. Readers of the traced process do not need it.
#ifndef MEMTRACE_TABLE_LEAF_TABLE_H
#define MEMTRACE_TABLE_LEAF_TABLE_H

#include "table/publish.h"

namespace mt::runtime {

class LeafTable {
  public:
    // 0: not in the newest table. Of the hash 40 bits are compared, and the place
    // says some more: at a million stacks the chance that any is taken for
    // another is about 2e-6.
    u32 find(u64 hash) const {
        const auto* table = __atomic_load_n(&newest_, __ATOMIC_ACQUIRE);
        return table != nullptr ? find_in(*table, hash) : 0;
    }
    // The same in the tables before it.
    u32 find_older(u64 hash) const;
    // An id that is in the newest table already is not added again. False: no memory.
    bool insert(u64 hash, u32 id);
    // True: the next insert will not fail.
    bool reserve() { return make_room() != nullptr; }

  private:
    struct Table {
        Table* older;
        u64 mask;
        u64 used;
        u64 reserved[5];
        u64 words[];  // upper 40 bits of the hash | id : 24; 0 = empty
    };
    static constexpr u64 kFirstWords = 8192;

    static u32 find_in(const Table& table, u64 hash) {
        for (u64 i = hash & table.mask;; i = (i + 1) & table.mask) {
            const u64 word = __atomic_load_n(&table.words[i], __ATOMIC_RELAXED);
            if ((word ^ hash) >> kStackIdBits == 0 && word != 0) {
                return static_cast<u32>(word & ((1u << kStackIdBits) - 1));
            }
            if (word == 0) return 0;
        }
    }
    Table* make_room();

    Table* newest_ = nullptr;
};

}  // namespace mt::runtime

#endif
