// SPDX-License-Identifier: MIT
//
// 64-bit hash -> 32-bit value, for the depot. Look-ups take no lock; inserts
// are made under the caller's. Grows by a further, larger table: nothing is
// ever moved, so there is no pause and no half-built state. Readers of the
// traced process do not need it: it stays out of core files.
#ifndef MEMTRACE_TABLE_HASH_INDEX_H
#define MEMTRACE_TABLE_HASH_INDEX_H

#include "table/publish.h"

namespace mt::runtime {

class HashIndex {
  public:
    // 0: not there. Equal hashes are taken for equal keys: at a million keys
    // the chance of any collision is 3e-8.
    u32 find(u64 hash) const;
    // `value` is not 0. False: no memory.
    bool insert(u64 hash, u32 value);

  private:
    struct Slot {
        u64 hash;  // 0 = empty
        u64 value;
    };
    static constexpr u32 kTables = 16;
    static constexpr u64 kFirstSlots = 4096;

    u32 find_in(u32 table, u64 hash) const;

    Slot* tables_[kTables] = {};
    u32 newest_ = 0;  // index + 1
    u64 used_ = 0;    // slots of the newest table
};

}  // namespace mt::runtime

#endif
