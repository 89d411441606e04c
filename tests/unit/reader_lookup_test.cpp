// SPDX-License-Identifier: MIT
//
// The blocks at one address: wherever a block can stand, as a whole reading has it, and
// with a few reads.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/lookups.h"
#include "support/read_back.h"

namespace mt::core {
namespace {

using test::expect_lookups;
using test::FakeMemory;
using test::read_back;
using test::TableBuilder;
using ::testing::IsEmpty;

constexpr std::uint64_t kBase = 0x7f0000000000;
constexpr std::uint64_t kRegion = 1ull << abi::kRegionBits;

class ReaderLookup : public ::testing::Test {
  protected:
    ReaderLookup() : id_(builder_.add_stack({0x555555554100, 0x555555554200})) {}

    // Asks for addresses all over the table.
    void compare(std::size_t count = 600) {
        FakeMemory memory = builder_.build();
        const Table whole = read_back(memory);
        expect_lookups(memory, whole, count);
    }
    Table look_up(std::uint64_t address) {
        FakeMemory memory = builder_.build();
        const auto status = read_status(memory, TableBuilder::kRoot);
        auto table = read_blocks_at(memory, *status, address);
        EXPECT_TRUE(table) << table.error().text;
        return table ? *table : Table{};
    }

    TableBuilder builder_;
    std::uint32_t id_;
};

TEST_F(ReaderLookup, LineMiddleSplitLeafAndFine) {
    for (std::uint64_t offset = 0; offset < 4096; offset += 16)
        builder_.allocate_at(kBase + offset, id_, offset % 48 == 0 ? 16 : 9);
    compare(4000);
}

TEST_F(ReaderLookup, EverySizeClass) {
    std::uint64_t address = kBase + 16;
    for (std::uint64_t size = 0; size < 300; ++size) {
        builder_.allocate_at(address, id_, size);
        address += size / 16 * 16 + 32;
    }
    for (std::uint64_t size = 512; size < 1ull << 33; size *= 2) {
        builder_.allocate_at(address, id_, size);
        if (size >= abi::kSizeEscape) builder_.add_tracked(abi::kDomainLarge, address, size, id_);
        address += size + 48;
    }
    compare(3000);
}

// A block may begin regions before the address, and there is nothing between.
TEST_F(ReaderLookup, InteriorOfALargeBlockFarFromItsStart) {
    builder_.allocate_at(kBase + 16, id_, 100);
    builder_.allocate_at(kBase + 4096, id_, 5 * kRegion);
    for (const std::uint64_t offset :
         {std::uint64_t{0}, kRegion, 3 * kRegion + 5, 5 * kRegion - 1}) {
        const Table table = look_up(kBase + 4096 + offset);
        ASSERT_EQ(table.blocks.size(), 1u) << offset;
        EXPECT_EQ(table.blocks[0].address, kBase + 4096);
    }
    EXPECT_THAT(look_up(kBase + 4096 + 5 * kRegion).blocks, IsEmpty());
}

TEST_F(ReaderLookup, ItsTraceAndThreadComeAlong) {
    builder_.add_thread("worker", 77);
    builder_.allocate_at(kBase + 16, id_, 100);
    const Table table = look_up(kBase + 20);
    ASSERT_EQ(table.traces.size(), 1u);
    EXPECT_EQ(table.frames(table.traces[0].node).size(), 2u);
    EXPECT_EQ(table.traces[0].end, End::complete);
    ASSERT_FALSE(table.threads.empty());
    EXPECT_EQ(table.threads.back().name, "worker");
}

TEST_F(ReaderLookup, KeysOfOtherDomainsStandBesideTheBlock) {
    const std::uint32_t other = builder_.add_stack({0x555555554100}, 1, abi::kRootComplete, 9);
    builder_.allocate_at(kBase + 16, id_, 4000);
    builder_.track(9, kBase + 64, other, 32);
    builder_.track(9, 0x1234, other, 100);
    const Table both = look_up(kBase + 70);
    ASSERT_EQ(both.blocks.size(), 2u);
    EXPECT_EQ(both.domain_of(both.blocks[0]), 0u);
    EXPECT_EQ(both.domain_of(both.blocks[1]), 9u);
    EXPECT_EQ(both.traces.size(), 2u);
    ASSERT_EQ(look_up(0x1240).blocks.size(), 1u);
    compare();
}

// A free that was not seen leaves a word; what is allocated there later begins elsewhere.
TEST_F(ReaderLookup, OfBlocksOverOneAnotherTheLastOneBeforeTheAddressDecides) {
    builder_.allocate_at(kBase + 16, id_, 4000);
    builder_.allocate_at(kBase + 160, id_, 16);
    EXPECT_EQ(look_up(kBase + 100).blocks.at(0).address, kBase + 16);
    EXPECT_EQ(look_up(kBase + 165).blocks.at(0).address, kBase + 160);
    EXPECT_THAT(look_up(kBase + 200).blocks, IsEmpty());
}

class ReaderFreed : public ReaderLookup {
  protected:
    ReaderFreed() {
        builder_.allocate_at(kBase + 16, id_, 100);
        builder_.state.freed = kRing;
        memory_ = builder_.build();
        memory_.map(kRing, 8192);
        memory_.put(kRing, abi::FreedRing{4, 6, {}});
    }
    void put(std::uint64_t sequence, std::uint64_t address, std::uint64_t size) {
        abi::FreedBlock entry{sequence, address, size, id_ | std::uint64_t{id_} << 32, 0, 0, {}};
        entry.check = abi::freed_check(entry);
        memory_.put(at(sequence), entry);
    }
    static std::uint64_t at(std::uint64_t sequence) {
        return kRing + sizeof(abi::FreedRing) + (sequence - 1) % 4 * sizeof(abi::FreedBlock);
    }
    Beside look_up(std::uint64_t address) {
        const auto status = read_status(memory_, TableBuilder::kRoot);
        Beside beside;
        const auto table = read_blocks_at(memory_, *status, address, &beside);
        EXPECT_TRUE(table) << table.error().text;
        if (table && beside.freed) {
            EXPECT_FALSE(table->traces.empty());
        }
        return beside;
    }

    static constexpr std::uint64_t kRing = 0x7ffff2000000;
    FakeMemory memory_;
};

TEST_F(ReaderFreed, TheLastFreeThatHeldTheAddress) {
    put(3, kBase + 4096, 50);
    put(5, kBase + 4096, 20);
    put(6, kBase + 8192, 0);
    ASSERT_TRUE(look_up(kBase + 4100).freed);
    EXPECT_EQ(look_up(kBase + 4100).freed->size, 20u);
    EXPECT_EQ(look_up(kBase + 4100).freed->since, 1u);
    EXPECT_EQ(look_up(kBase + 4130).freed->size, 50u);
    EXPECT_EQ(look_up(kBase + 8192).freed->since, 0u);
    EXPECT_FALSE(look_up(kBase + 4146).freed);
}

TEST_F(ReaderFreed, OfALiveBlockNothingIsSaid) {
    put(5, kBase + 16, 100);
    EXPECT_FALSE(look_up(kBase + 20).freed);
}

TEST_F(ReaderFreed, WhatIsNotWholeIsPassedOver) {
    put(5, kBase + 4096, 50);
    memory_.put(at(5) + offsetof(abi::FreedBlock, size), std::uint64_t{51});  // of another thread
    EXPECT_FALSE(look_up(kBase + 4096).freed);
    put(5, kBase + 4096, 50);
    memory_.put(at(5), std::uint64_t{0});  // being written
    EXPECT_FALSE(look_up(kBase + 4096).freed);
    abi::FreedBlock elsewhere{6, kBase + 4096, 50, id_, 0, 0, {}};
    elsewhere.check = abi::freed_check(elsewhere);
    memory_.put(at(5), elsewhere);
    EXPECT_FALSE(look_up(kBase + 4096).freed);
}

TEST_F(ReaderFreed, ARingThatCannotBeIsARemark) {
    for (const std::uint64_t capacity : {std::uint64_t{0}, abi::kMostFreedBlocks + 1}) {
        memory_.put(kRing, capacity);
        const auto status = read_status(memory_, TableBuilder::kRoot);
        Beside beside;
        const auto table = read_blocks_at(memory_, *status, kBase, &beside);
        ASSERT_TRUE(table) << table.error().text;
        EXPECT_FALSE(table->remarks.empty());
    }
}

TEST_F(ReaderLookup, AnEmptyTableHasNothingAnywhere) { compare(); }

TEST_F(ReaderLookup, AWordOfAnUnknownTracebackIsNoBlock) {
    builder_.allocate_at(kBase + 16, id_, 200);
    builder_.allocate_at(kBase + 64, id_, 9);
    FakeMemory memory = builder_.build();
    memory.put(builder_.word_address(kBase + 64), abi::make_word(kBase + 64, 9, 0xfffff0));
    expect_lookups(memory, read_back(memory), 100);
}

TEST_F(ReaderLookup, TwoRegionsOfOneBaseAreBothAsked) {
    builder_.allocate_at(kBase + 16, id_, 8);
    builder_.add_region(kBase + kRegion);
    FakeMemory memory = builder_.build();
    memory.put(builder_.region_address(kBase + kRegion), kBase);
    expect_lookups(memory, read_back(memory), 100);
}

// Whose malloc the program uses, that its core is cut: mt block says it as each report does. What
// was searched once took its place.
TEST_F(ReaderLookup, KeepsWhatIsRemarkedOfTheProcess) {
    builder_.allocate_at(kBase + 16, id_, 100);
    FakeMemory memory = builder_.build();
    Status status = *read_status(memory, TableBuilder::kRoot);
    status.remarks.push_back({"of-the-process", "of the process", 0});
    for (const std::uint64_t address : {kBase + 16, kBase + 4096, kBase - 4096}) {
        const auto table = read_blocks_at(memory, status, address);
        ASSERT_TRUE(table) << table.error().text;
        ASSERT_EQ(table->remarks.size(), 1u) << std::hex << address;
        EXPECT_EQ(table->remarks[0].code, "of-the-process");
    }
}

TEST_F(ReaderLookup, ReadsAFewPagesOfTheBlockTableOnly) {
    for (std::uint64_t i = 0; i < 20000; ++i) builder_.allocate_at(kBase + 16 + i * 64, id_, 50);
    FakeMemory memory = builder_.build();
    const auto status = read_status(memory, TableBuilder::kRoot);
    memory.reads = 0;
    memory.bytes_read = 0;
    ASSERT_TRUE(read_blocks_at(memory, *status, kBase + 64 * 19999));
    EXPECT_LT(memory.bytes_read, 256u * 1024);
    EXPECT_LT(memory.reads, 100u);
}

}  // namespace
}  // namespace mt::core
