// SPDX-License-Identifier: MIT
//
// The lists of the runtime's own memory, laid into a built table as the runtime would leave
// them: valid by default, for a test to make its one deviation.
#ifndef MEMTRACE_TESTS_SUPPORT_OWN_LISTS_H
#define MEMTRACE_TESTS_SUPPORT_OWN_LISTS_H

#include "support/table_builder.h"

namespace mt::test {

class OwnLists {
  public:
    using Address = TableBuilder::Address;

    static constexpr Address kPool = TableBuilder::kRoot + 0x1000;  // in the runtime's data
    static constexpr Address kBootstrap = TableBuilder::kRoot + 0x10000;
    static constexpr Address kStatePool = TableBuilder::kState + sizeof(abi::State);
    static constexpr std::uint64_t kStateSize = 0x3000;

    // Two empty pools, the process's and the state's.
    explicit OwnLists(FakeMemory& memory) : memory_(memory) {
        memory.change<abi::Header>(TableBuilder::kHeader, [](abi::Header& header) {
            header.memory = kPool;
            header.bootstrap = kBootstrap;
        });
        memory.map(kPool, sizeof(abi::PoolHead));
        put_state(TableBuilder::kState);
    }

    // A mapping that begins with a state, of an empty pool.
    void put_state(Address state) {
        memory_.map(state, kStateSize);
        memory_.change<abi::State>(state, [&](abi::State& s) {
            s.self = state;
            s.mapping_size = kStateSize;
            s.memory = state + sizeof s;
        });
    }
    // The newest chunk of a pool, full but for `left` bytes.
    void add_chunk(Address pool, Address chunk, std::uint64_t size, std::uint64_t left = 0) {
        memory_.change<abi::PoolHead>(pool, [&](abi::PoolHead& head) {
            const Address before = abi::chunk_of(head.cursor);
            memory_.put(chunk, abi::Mapping{before, chunk, size, size, 0, {}});
            head.cursor = chunk + size - left;
        });
    }
    // A mapping of a pool, whose entry stands at `entry`.
    void add_mapping(Address pool, Address entry, Address mapping, std::uint64_t size) {
        memory_.change<abi::PoolHead>(pool, [&](abi::PoolHead& head) {
            memory_.put(entry, abi::Mapping{head.mappings, mapping, size, size, 0, {}});
            head.mappings = entry;
        });
    }
    // Into the list of replaced states, at its front.
    void retire(Address state) {
        memory_.change<abi::Header>(TableBuilder::kHeader, [&](abi::Header& header) {
            memory_.change<abi::State>(state,
                                       [&](abi::State& s) { s.next_retired = header.retired; });
            header.retired = state;
        });
    }

  private:
    FakeMemory& memory_;
};

}  // namespace mt::test

#endif
