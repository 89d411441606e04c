// SPDX-License-Identifier: MIT
//
// A table against the ledger that its program kept.
#ifndef MEMTRACE_TESTS_AGAINST_LEDGER_H
#define MEMTRACE_TESTS_AGAINST_LEDGER_H

#include <gtest/gtest.h>

#include <map>

#include "ledger.h"
#include "model/snapshot.h"

namespace mt::test {

using Blocks = std::map<std::uint64_t, std::uint64_t>;  // size by address

inline Blocks ledger_blocks(const ledger& book) {
    Blocks blocks;
    for (std::uint64_t i = 0; i < book.block_count; ++i) {
        EXPECT_TRUE(blocks.emplace(book.block[i].address, book.block[i].size).second);
    }
    return blocks;
}

inline std::uint64_t lost(const core::Table& table) {
    std::uint64_t sum = 0;
    for (const core::Loss& loss : table.losses) sum += loss.total;
    return sum;
}

// What the program allocated itself, told from libc's and the loader's blocks by size.
struct Sizes {
    std::uint64_t first = 0, last = ~std::uint64_t{0};
    bool hold(std::uint64_t size) const { return size >= first && size <= last; }
};

// Both ways, block by block.
inline void expect_blocks(const core::Table& table, const ledger& book, Sizes ours = {}) {
    Blocks traced;
    for (const core::Block& block : table.blocks) {
        EXPECT_TRUE(traced.emplace(block.address, block.size).second) << "listed twice";
    }
    const Blocks held = ledger_blocks(book);
    for (const auto& [address, size] : held) {
        const auto found = traced.find(address);
        EXPECT_TRUE(found != traced.end()) << "not traced: " << size << " bytes at " << address;
        if (found == traced.end()) continue;
        EXPECT_EQ(found->second, size) << "at " << address;
    }
    for (const auto& [address, size] : traced) {
        EXPECT_TRUE(!ours.hold(size) || held.count(address) == 1)
            << "not held: " << size << " bytes at " << address;
    }
}

// Nothing else stands there, the figures are the blocks' sums, and nothing was lost.
inline void expect_equal(const core::Table& table, const ledger& book, Sizes ours = {}) {
    expect_blocks(table, book, ours);
    std::int64_t sum = 0;
    for (const core::Block& block : table.blocks) sum += static_cast<std::int64_t>(block.size);
    EXPECT_EQ(table.current_size, sum);
    EXPECT_EQ(table.current_count, static_cast<std::int64_t>(table.blocks.size()));
    for (const core::Loss& loss : table.losses) EXPECT_EQ(loss.total, 0u) << loss.name;
    EXPECT_EQ(table.in_flight, 0u);
}

}  // namespace mt::test

#endif
