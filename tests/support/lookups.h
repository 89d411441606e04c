// SPDX-License-Identifier: MIT
//
// A look-up of one address says what a whole reading of the same moment says.
#ifndef MEMTRACE_TESTS_LOOKUPS_H
#define MEMTRACE_TESTS_LOOKUPS_H

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

#include "read/lookup.h"
#include "read/reader.h"

namespace mt::test {

inline void expect_lookup(core::Memory& memory, const core::Table& whole, std::uint64_t address) {
    const auto expected = core::blocks_at(whole, address);
    const auto found = core::read_blocks_at(memory, whole.status, address);
    ASSERT_TRUE(found) << found.error().text;
    ASSERT_EQ(found->blocks.size(), expected.size()) << std::hex << address;
    for (std::size_t i = 0; i < expected.size(); ++i) {
        const core::Block &one = found->blocks[i], &other = expected[i];
        EXPECT_TRUE(one.address == other.address && one.size == other.size &&
                    one.stack == other.stack && found->detail_of(one) == whole.detail_of(other))
            << std::hex << address;
    }
}

// The start, the inside, the last byte and the neighbourhood of blocks, and addresses
// from anywhere between them; about `count` in all.
inline std::set<std::uint64_t> addresses_to_ask(const core::Table& whole, std::size_t count) {
    std::set<std::uint64_t> all = {0, 1, 0x1000, 0x7fffffffe000, ~std::uint64_t{0}};
    if (whole.blocks.empty()) return all;
    std::mt19937_64 random(42);
    const std::size_t step = std::max<std::size_t>(1, whole.blocks.size() * 6 / count);
    for (std::size_t i = random() % step; i < whole.blocks.size(); i += step) {
        const core::Block& block = whole.blocks[i];
        const std::uint64_t size = std::max<std::uint64_t>(1, block.size);
        for (const std::uint64_t offset : {std::uint64_t{0}, random() % size, size - 1, size})
            all.insert(block.address + offset);
        all.insert(block.address - 1);
    }
    const std::uint64_t low = whole.blocks.front().address;
    const std::uint64_t high = whole.blocks.back().address;
    for (std::size_t i = 0; i < count / 20 + 5; ++i) all.insert(low + random() % (high - low + 1));
    return all;
}

inline void expect_lookups(core::Memory& memory, const core::Table& whole, std::size_t count) {
    for (const std::uint64_t address : addresses_to_ask(whole, count)) {
        expect_lookup(memory, whole, address);
        if (testing::Test::HasFatalFailure()) return;
    }
}

}  // namespace mt::test

#endif
