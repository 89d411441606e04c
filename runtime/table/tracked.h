// SPDX-License-Identifier: MIT
//
// Sizes that do not fit into a block word. Rare: one lock that nobody waits for
// guards writers; searches take none, and nor does an erasure, for a block is freed
// wherever its thread may be. What others than blocks need is keys.h's.
#ifndef MEMTRACE_TABLE_TRACKED_H
#define MEMTRACE_TABLE_TRACKED_H

#include "abi/layout.h"
#include "guard/lock.h"
#include "table/pool.h"

namespace mt::runtime {

class TrackedSizes {
  public:
    void attach(Pool& pool, abi::u64& table) {
        pool_ = &pool;
        table_ = &table;
    }
    // Replaces an entry of the same (domain, key). False: busy or no memory.
    bool insert(abi::u32 domain, abi::u64 key, abi::u64 size, abi::u32 stack);
    abi::Tracked* find(abi::u32 domain, abi::u64 key) const;
    void erase(abi::u32 domain, abi::u64 key);
    Lock& lock() { return lock_; }

  private:
    abi::TrackedTable* make_room();

    Pool* pool_ = nullptr;
    abi::u64* table_ = nullptr;
    Lock lock_;
};

}  // namespace mt::runtime

#endif
