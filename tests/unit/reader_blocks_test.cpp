// SPDX-License-Identifier: MIT
//
// Live blocks: every place where a block can stand, large ones, and rows that
// contradict the table, which are flagged while the rest is shown.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <set>

#include "support/read_back.h"

namespace mt::core {
namespace {

using test::FakeMemory;
using test::read_back;
using test::remark;
using test::TableBuilder;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::uint64_t kBase = 0x7f0000000000;

class ReaderBlocks : public ::testing::Test {
  protected:
    ReaderBlocks() : id_(builder_.add_stack({0x555555554100})) {}

    TableBuilder builder_;
    std::uint32_t id_;
};

TEST_F(ReaderBlocks, NotReadUnlessAsked) {
    builder_.allocate(id_, 8);
    FakeMemory memory = builder_.build();
    const Table table = read_back(memory, false);
    EXPECT_FALSE(table.has_blocks);
    EXPECT_THAT(table.blocks, IsEmpty());
}

// 8 in each line, then those below 256 bytes in granules; the rest in the fine leaf where
// more than two share 64 bytes.
TEST_F(ReaderBlocks, LinesGranulesAndFineLeaf) {
    std::set<std::uint64_t> addresses;
    for (std::uint64_t offset = 0; offset < 4096; offset += 16) {
        builder_.allocate_at(kBase + offset, id_, offset + 1);
        addresses.insert(kBase + offset);
    }
    FakeMemory memory = builder_.build();
    const Table table = read_back(memory);
    ASSERT_EQ(table.blocks.size(), 256u);
    auto expected = addresses.begin();
    for (const Block& block : table.blocks) {
        EXPECT_EQ(block.address, *expected++);
        EXPECT_EQ(block.size, block.address - kBase + 1);
        EXPECT_EQ(block.stack, id_);
    }
    EXPECT_THAT(table.remarks, IsEmpty());
}

TEST_F(ReaderBlocks, ByAddressOverAllRegionsAndDomains) {
    const std::uint32_t other = builder_.add_stack({0x555555554100}, 1, abi::kRootComplete, 3);
    std::mt19937_64 random(1);
    std::set<std::uint64_t> addresses;
    while (addresses.size() < 3000) {
        const std::uint64_t address = 0x10000 + (random() % 0x7ffffffe0000) / 16 * 16;
        const std::uint64_t near = kBase + (random() % 0x40000) / 16 * 16;
        const std::uint64_t chosen = addresses.size() % 50 == 0 ? address : near;
        if (addresses.insert(chosen).second) {
            builder_.allocate_at(chosen, addresses.size() % 2 == 0 ? id_ : other, 24);
        }
    }
    FakeMemory memory = builder_.build();
    const Table table = read_back(memory);
    ASSERT_EQ(table.blocks.size(), addresses.size());
    auto expected = addresses.begin();
    for (const Block& block : table.blocks) {
        EXPECT_EQ(block.address, *expected++);
        EXPECT_EQ(table.domain_of(block), block.stack == other ? 3u : 0u);
    }
    EXPECT_THAT(table.remarks, IsEmpty());
}

TEST_F(ReaderBlocks, LargeOnesHaveTheirTrueSize) {
    const std::uint64_t size = 5ull << 30;
    builder_.allocate_at(kBase + 16, id_, size);
    builder_.allocate_at(kBase + 64, id_, abi::kSizeEscape - 1);
    builder_.add_tracked(abi::kDomainLarge, kBase + 16, size, id_);
    builder_.add_tracked(abi::kDomainLarge, kBase + 4096, 1, abi::kTrackedTombstone);
    FakeMemory memory = builder_.build();
    const Table table = read_back(memory);
    ASSERT_EQ(table.blocks.size(), 2u);
    EXPECT_EQ(table.blocks[0].size, size);
    EXPECT_EQ(table.blocks[1].size, abi::kSizeEscape - 1);
    EXPECT_THAT(table.remarks, IsEmpty());
}

TEST_F(ReaderBlocks, LargeOneWhoseSizeIsLost) {
    builder_.allocate_at(kBase + 16, id_, 5ull << 30);
    FakeMemory memory = builder_.build();
    const Table table = read_back(memory);
    ASSERT_EQ(table.blocks.size(), 1u);
    EXPECT_EQ(table.blocks[0].size, abi::kSizeEscape);
    EXPECT_NE(remark(table, "unknown-size"), "");
}

TEST_F(ReaderBlocks, DomainsOfTheProgram) {
    const std::uint32_t gpu = builder_.add_stack({0x555555554100}, 1, abi::kRootComplete, 9);
    builder_.add_tracked(9, 0x1234, 4096, gpu);
    builder_.record(gpu).alloc_bytes = 4096;
    builder_.record(gpu).alloc_count = 1;
    builder_.allocate_at(kBase + 16, id_, 8);
    FakeMemory memory = builder_.build();
    const Table table = read_back(memory);
    ASSERT_EQ(table.blocks.size(), 2u);
    EXPECT_EQ(table.blocks[0].address, 0x1234u);
    EXPECT_EQ(table.domain_of(table.blocks[0]), 9u);
    EXPECT_THAT(remark(table, "blocks-differ"), IsEmpty());
}

// The heap of a program at fixed addresses: base 0, and no region after it.
TEST_F(ReaderBlocks, TheLowestAddressesAreARegionToo) {
    builder_.allocate_at(0x405010, id_, 8);
    FakeMemory memory = builder_.build();
    const Table table = read_back(memory);
    EXPECT_EQ(table.blocks.size(), 1u);
    EXPECT_THAT(table.remarks, IsEmpty());
}

// Two threads raced for a region: the loser's stays in the list, empty.
TEST_F(ReaderBlocks, AnEmptyRegionOfTheSameAddressesIsNormal) {
    builder_.allocate_at(kBase + 16, id_, 8);
    builder_.add_region(kBase + (1ull << abi::kRegionBits));
    FakeMemory memory = builder_.build();
    memory.put(builder_.region_address(kBase + (1ull << abi::kRegionBits)), kBase);
    const Table table = read_back(memory);
    EXPECT_EQ(table.blocks.size(), 1u);
    EXPECT_THAT(table.remarks, IsEmpty());
}

// --- flagged ------------------------------------------------------------------

TEST_F(ReaderBlocks, AWordOfAnUnknownTracebackIsFlagged) {
    builder_.allocate_at(kBase + 16, id_, 8);
    builder_.allocate_at(kBase + 64, id_, 9);
    FakeMemory memory = builder_.build();
    memory.put(builder_.word_address(kBase + 64), abi::make_word(kBase + 64, 9, 0xfffff0));
    const Table table = read_back(memory);
    ASSERT_EQ(table.blocks.size(), 1u);
    EXPECT_EQ(table.blocks[0].size, 8u);
    EXPECT_THAT(remark(table, "damaged-blocks"), HasSubstr("1 entries"));
    EXPECT_THAT(remark(table, "blocks-differ"), HasSubstr("counters 2"));
}

TEST_F(ReaderBlocks, AWordWithoutATracebackIsFlagged) {
    builder_.allocate_at(kBase + 16, id_, 8);
    FakeMemory memory = builder_.build();
    memory.put(builder_.word_address(kBase + 16), abi::make_word(kBase + 16, 8, 0));
    EXPECT_NE(remark(read_back(memory), "damaged-blocks"), "");
}

TEST_F(ReaderBlocks, AWordInAnothersLeafSlotIsFlagged) {
    for (std::uint64_t i = 0; i < 30; ++i) builder_.allocate_at(kBase + i * 8, id_, 8);
    FakeMemory memory = builder_.build();
    memory.put(builder_.word_address(kBase + 29 * 8), abi::make_word(0x400, 8, id_));
    const Table table = read_back(memory);
    EXPECT_EQ(table.blocks.size(), 29u);
    EXPECT_NE(remark(table, "damaged-blocks"), "");
}

TEST_F(ReaderBlocks, AWordInAnothersGranuleIsFlagged) {
    for (std::uint64_t i = 0; i < 20; ++i) builder_.allocate_at(kBase + i * 64, id_, 8);
    FakeMemory memory = builder_.build();
    memory.put(builder_.word_address(kBase + 19 * 64), abi::make_word(0x40, 8, id_));
    const Table table = read_back(memory);
    EXPECT_EQ(table.blocks.size(), 19u);
    EXPECT_NE(remark(table, "damaged-blocks"), "");
}

TEST_F(ReaderBlocks, AWordInAnotherLineIsFlagged) {
    builder_.allocate_at(kBase + 16, id_, 8);
    builder_.allocate_at(kBase + 64, id_, 8);
    FakeMemory memory = builder_.build();
    memory.put(builder_.word_address(kBase + 64), abi::make_word(0x840, 8, id_));
    const Table table = read_back(memory);
    EXPECT_EQ(table.blocks.size(), 1u);
    EXPECT_NE(remark(table, "damaged-blocks"), "");
}

TEST_F(ReaderBlocks, TwoWordsForOneAddressAreOneBlock) {
    builder_.allocate_at(kBase + 16, id_, 8);
    builder_.allocate_at(kBase + 64, id_, 9);
    FakeMemory memory = builder_.build();
    memory.put(builder_.word_address(kBase + 64), abi::make_word(kBase + 16, 9, id_));
    const Table table = read_back(memory);
    EXPECT_EQ(table.blocks.size(), 1u);
    EXPECT_NE(remark(table, "damaged-blocks"), "");
}

TEST_F(ReaderBlocks, SevenLiveRowsBesideABrokenOneAreShown) {
    for (std::uint64_t i = 0; i < 8; ++i) builder_.allocate_at(kBase + i * 64, id_, 8);
    FakeMemory memory = builder_.build();
    memory.put(builder_.word_address(kBase), ~std::uint64_t{0});
    EXPECT_EQ(read_back(memory).blocks.size(), 7u);
}

// --- missing ------------------------------------------------------------------

TEST_F(ReaderBlocks, AMissingPageOfARegionIsRemarked) {
    builder_.allocate_at(kBase + 16, id_, 8);
    builder_.allocate_at(kBase + (1ull << abi::kRegionBits), id_, 8);
    FakeMemory memory = builder_.build();
    const std::uint64_t lost = builder_.word_address(kBase + 16);
    memory.unmap(lost, 8);
    const Table table = read_back(memory);
    ASSERT_EQ(table.blocks.size(), 1u);
    EXPECT_EQ(table.current_count, 2);
    EXPECT_THAT(remark(table, "incomplete"), HasSubstr("blocks missing at 0x"));
}

TEST_F(ReaderBlocks, AMissingSheetIsRemarked) {
    for (std::uint64_t i = 0; i < 40; ++i) builder_.allocate_at(kBase + i * 64, id_, 8);
    FakeMemory memory = builder_.build();
    memory.unmap(builder_.word_address(kBase + 39 * 64), 8);
    const Table table = read_back(memory);
    EXPECT_LT(table.blocks.size(), 40u);
    EXPECT_NE(remark(table, "incomplete"), "");
    EXPECT_EQ(table.current_count, 40);
}

TEST_F(ReaderBlocks, AMissingRegionIsRemarkedHoweverItReads) {
    builder_.allocate_at(kBase + 16, id_, 8);
    for (const bool zeros : {false, true}) {
        FakeMemory memory = builder_.build();
        memory.unmap(builder_.region_address(kBase), sizeof(abi::Region));
        memory.zero_holes = zeros;
        const Table table = read_back(memory);
        EXPECT_THAT(table.blocks, IsEmpty());
        EXPECT_EQ(table.current_size, 8);
        EXPECT_THAT(remark(table, "incomplete"), HasSubstr("regions"));
    }
}

// A sheet of zeros may be an empty one; the counters know better.
TEST_F(ReaderBlocks, ASheetThatReadsAsZerosShowsInTheComparison) {
    for (std::uint64_t i = 0; i < 40; ++i) builder_.allocate_at(kBase + i * 64, id_, 8);
    FakeMemory memory = builder_.build();
    memory.unmap(builder_.word_address(kBase + 39 * 64), 8);
    memory.zero_holes = true;
    EXPECT_THAT(remark(read_back(memory), "blocks-differ"), HasSubstr("counters 40"));
}

TEST_F(ReaderBlocks, AThreadInsideTheRuntimeMayBeHalfWay) {
    builder_.allocate_at(kBase + 16, id_, 8);
    builder_.add_context().busy = 0x7ffe00000000;
    FakeMemory memory = builder_.build();
    memory.put(builder_.word_address(kBase + 16), std::uint64_t{0});
    EXPECT_EQ(remark(read_back(memory), "blocks-differ"), "");
}

TEST_F(ReaderBlocks, AProgramThatRunsOnIsNotCalledDamaged) {
    const std::uint64_t block = builder_.allocate(id_, 8);
    FakeMemory memory = builder_.build();
    memory.on_read = [&](std::uint64_t address) {
        if (address != builder_.region_address(block)) return;
        memory.put(builder_.word_address(block), std::uint64_t{0});  // freed meanwhile
        memory.put(builder_.shard_address(0) + offsetof(abi::Shard, free_count), std::uint64_t{1});
    };
    const Table table = read_back(memory);
    EXPECT_EQ(remark(table, "blocks-differ"), "");
    EXPECT_THAT(remark(table, "running"), HasSubstr("ran while it was read"));
}

// --- size ---------------------------------------------------------------------

TEST_F(ReaderBlocks, ManyBlocksInFewReads) {
    constexpr std::uint64_t kCount = 200'000;
    for (std::uint64_t i = 0; i < kCount; ++i) builder_.add_block(kBase + i * 64, 48, id_);
    builder_.record(id_).alloc_bytes = kCount * 48;
    builder_.record(id_).alloc_count = kCount;
    FakeMemory memory = builder_.build();
    const Table table = read_back(memory);
    EXPECT_EQ(table.blocks.size(), kCount);
    EXPECT_THAT(table.remarks, IsEmpty());
    EXPECT_LT(memory.reads, 500u);
    EXPECT_LT(memory.bytes_read, 64u << 20);
}

}  // namespace
}  // namespace mt::core
