// SPDX-License-Identifier: MIT
//
// Zeroed memory for the table's pieces, in chunks that are given back together.
// Lock-free. Pieces are never freed one by one. A chunk has 1 MiB of addresses to itself;
// of a pool's first ones only a part is mapped, until it is needed: small programs may
// have little address space. Readers find all that is mapped by the head (abi::Mapping).
#ifndef MEMTRACE_TABLE_POOL_H
#define MEMTRACE_TABLE_POOL_H

#include <cstddef>

#include "abi/layout.h"
#include "table/box.h"

namespace mt::runtime {

class Pool : public abi::PoolHead {
  public:
    constexpr Pool() : PoolHead{} {}

    // A zeroed piece, 64-byte aligned; nullptr when the kernel gives no pages.
    // size <= 64 KiB.
    void* take(std::size_t size);
    // A mapping of its own, for pieces that a chunk would waste. `is_index`: of
    // which readers need nothing; it stays out of core files.
    void* take_mapping(std::size_t size, bool is_index = false);
    // A sparse index: as above, and of its bytes only those that were touched
    // cost memory, so they are not counted.
    void* take_sparse_index(std::size_t size);
    // A sparse mapping that readers need: who will write to a page of it for the first time opens
    // the page, but for the first one (false: no memory), and counts it, unless all of it
    // `is_counted`.
    void* take_sparse(std::size_t size, bool is_counted = false);
    static bool open_page(const void* address, std::size_t size = 1) {
        return black_box.fill(address, size);
    }
    void count_touched(abi::u64 bytes) { account(bytes); }
    // What take_mapping has given, which nobody uses any more; other pieces may be
    // taken meanwhile.
    void give_back(void* mapping);
    // What belongs to `word` of a piece: the word at its place in a second chunk
    // (abi::Mapping). nullptr: there is none yet, or, if it `makes` one, no memory.
    abi::u64* beside(const abi::u64* word, bool makes);
    abi::u64 mapped_bytes() const;
    // Gives one mapping back; false when none is left. Nobody may use the pool.
    bool release_some();

    // Where the owner publishes mapped_bytes, if anywhere.
    abi::u64* published_bytes = nullptr;

  private:
    abi::Mapping* new_chunk(abi::u64 need, abi::u64 before);
    bool extend(abi::Mapping& chunk, abi::u64 need);
    bool extend_in_box(abi::Mapping& chunk, abi::u64 wanted);
    void account(abi::u64 bytes);
    void link(abi::Mapping* mapping);
    abi::Mapping* map(std::size_t size, abi::u64 filled);
    void release_mapping(abi::Mapping& mapping);
    void release_oldest_chunk();
    void forget(abi::u64 size);

    abi::u64 bytes_ = 0;
};

}  // namespace mt::runtime

#endif
