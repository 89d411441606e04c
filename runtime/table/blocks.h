// SPDX-License-Identifier: MIT
//
// The live blocks: one 8-byte word each, found by address, without a lock and
// without ever moving (abi/layout.h, "live blocks"; the structure and its
// measurements are in docs/design.md). Knows nothing about counters.
#ifndef MEMTRACE_TABLE_BLOCKS_H
#define MEMTRACE_TABLE_BLOCKS_H

#include "abi/layout.h"
#include "table/pool.h"

namespace mt::runtime {

class Blocks {
  public:
    // `regions` and `region_count` are the state's published fields.
    bool attach(Pool& pool, abi::u64& regions, abi::u64& region_count);

    // Where the word of the block at `address` stands; nullptr: not traced.
    abi::u64* find(abi::u64 address) const;
    // Adds a word for `address`, which must not be there. The caller owns the
    // address: no other thread inserts or erases it. False: no memory.
    bool insert(abi::u64 address, abi::u64 word);
    static bool holds(abi::u64 address) { return address >> 47 == 0 && address % 8 == 0; }

  private:
    abi::Region* region_of(abi::u64 address) const;
    abi::Region* make_region(abi::u64 address);
    abi::u64* piece(abi::u64& slot, abi::u32 words);
    bool insert_in_leaves(abi::Region* region, abi::u32 page, abi::u64 address, abi::u64 word);

    Pool* pool_ = nullptr;
    abi::u64* directory_ = nullptr;  // address >> kRegionBits -> Region
    abi::u64* regions_ = nullptr;
    abi::u64* region_count_ = nullptr;
};

}  // namespace mt::runtime

#endif
