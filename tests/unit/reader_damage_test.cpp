// SPDX-License-Identifier: MIT
//
// Tables of which a part is missing: the rest is shown and a remark says where,
// or one error does; truncated, zeroed, filled. Never silent, never a crash.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "reader_filled.h"

namespace mt::core {
namespace {

using test::FakeMemory;
using test::read_back;
using test::remark;
using test::TableBuilder;
using test::try_read;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// --- parts that can be missing: the rest is shown, and the remark says where ------

class PartlyBroken : public ::testing::Test {
  protected:
    PartlyBroken() { fill(builder_); }
    Table read(FakeMemory& memory) {
        Table table = read_back(memory);
        test::expect_little_was_read(memory);
        EXPECT_EQ(table.traces.size(), 2u);
        return table;
    }
    TableBuilder builder_;
};

TEST_F(PartlyBroken, NamesOfModules) {
    FakeMemory memory = builder_.build();
    memory.change<abi::Module>(builder_.module_address(1), [](abi::Module& m) { m.path = 0x99; });
    memory.change<abi::Module>(builder_.module_address(2), [](abi::Module& m) {
        m.path_length = ~0u;
        m.build_id_length = ~0u;
    });
    const Table table = read(memory);
    EXPECT_EQ(table.modules[1].path, "");
    EXPECT_EQ(table.modules[2].build_id.size(), 40u);
    EXPECT_THAT(remark(table, "incomplete"), HasSubstr("names of modules missing at 0x99"));
}

TEST_F(PartlyBroken, Modules) {
    FakeMemory memory = builder_.build();
    memory.change<abi::Header>(TableBuilder::kHeader,
                               [](abi::Header& h) { h.module_chunk[0] = 0; });
    EXPECT_THAT(remark(read(memory), "incomplete"), HasSubstr("modules missing at 0x7ffff000"));
    memory = builder_.build();
    memory.unmap(builder_.module_address(0), 4096);
    const Table table = read(memory);
    EXPECT_EQ(table.modules.size(), 3u);
    EXPECT_THAT(remark(table, "incomplete"), HasSubstr("modules missing"));
}

TEST_F(PartlyBroken, RowsOfThreads) {
    for (const bool zeros : {false, true}) {
        FakeMemory memory = builder_.build();
        memory.put(builder_.context_address(0) + offsetof(abi::Context, thread),
                   builder_.thread_address(0));
        memory.unmap(builder_.thread_address(0), 4096);
        memory.zero_holes = zeros;
        const Table table = read(memory);
        EXPECT_THAT(table.threads, IsEmpty());
        EXPECT_THAT(remark(table, "incomplete"), HasSubstr("rows of threads"));
    }
}

TEST_F(PartlyBroken, TrackedTable) {
    for (const std::uint64_t capacity :
         {std::uint64_t{0}, std::uint64_t{3}, kHuge, ~std::uint64_t{0}}) {
        FakeMemory memory = builder_.build();
        memory.put(TableBuilder::kTracked, capacity);
        memory.put(TableBuilder::kTracked + 8, ~std::uint64_t{0});
        const Table table = read(memory);
        EXPECT_THAT(remark(table, "incomplete"), HasSubstr("large"));
        EXPECT_EQ(table.blocks.size(), 61u);
    }
    FakeMemory memory = builder_.build();
    memory.put(TableBuilder::kTracked, std::uint64_t{1} << 26);
    memory.put(TableBuilder::kTracked + 8, ~std::uint64_t{0});
    EXPECT_THAT(remark(read(memory), "incomplete"), HasSubstr("large"));
}

TEST_F(PartlyBroken, ThreadsThatAreCountedButNotThereYet) {
    FakeMemory memory = builder_.build();
    memory.change<abi::Header>(TableBuilder::kHeader,
                               [](abi::Header& h) { h.thread_count = 65536; });
    memory.map(builder_.thread_address(0), abi::kThreadsPerChunk * sizeof(abi::Thread));
    EXPECT_EQ(read(memory).threads.size(), 1u);
}

// --- whole pages ------------------------------------------------------------------

// Those that hold anything; the others are lost without a loss.
std::vector<std::uint64_t> filled_pages(const FakeMemory& memory) {
    std::vector<std::uint64_t> pages;
    FakeMemory copy = memory;
    for (const std::uint64_t page : memory.pages()) {
        const auto bytes = copy.get<std::array<char, 4096>>(page);
        const bool zero = std::count(bytes.begin(), bytes.end(), 0) == 4096;
        if (!zero) pages.push_back(page);
    }
    return pages;
}

// Each page lost in turn, as unreadable memory and as a debugger's zeros: an
// error that names an address, a remark, or the same figures as before.
TEST(LostPage, IsNeverSilent) {
    TableBuilder builder;
    fill(builder);
    const FakeMemory whole = builder.build();
    FakeMemory memory = whole;
    const Table sound = read_back(memory);
    for (const std::uint64_t page : filled_pages(whole)) {
        for (const bool zeros : {false, true}) {
            memory = whole;
            memory.unmap(page, 4096);
            memory.zero_holes = zeros;
            const Result<Table> table = try_read(memory);
            if (!table) {
                EXPECT_NE(table.error().address, 0u) << std::hex << page;
                EXPECT_TRUE(table.error().code == Code::unreadable ||
                            table.error().code == Code::damaged);
                continue;
            }
            const bool same = table->current_size == sound.current_size &&
                              table->current_count == sound.current_count &&
                              table->peak_size == sound.peak_size &&
                              table->blocks.size() == sound.blocks.size() &&
                              table->traces.size() == sound.traces.size();
            EXPECT_TRUE(same || !table->remarks.empty()) << std::hex << page << " " << zeros;
        }
    }
}

// A core cut short: everything from some address on is gone.
TEST(Truncated, AtEveryPage) {
    TableBuilder builder;
    fill(builder);
    const FakeMemory whole = builder.build();
    const std::vector<std::uint64_t> pages = whole.pages();
    for (std::size_t keep = 0; keep < pages.size(); keep += 1 + keep / 16) {
        for (const bool zeros : {false, true}) {
            FakeMemory memory = whole;
            for (std::size_t i = keep; i < pages.size(); ++i) memory.unmap(pages[i], 1);
            memory.zero_holes = zeros;
            const Result<Table> table = try_read(memory);
            test::expect_little_was_read(memory);
            if (table) {
                EXPECT_FALSE(table->remarks.empty()) << keep << " pages kept";
            }
        }
    }
}

TEST(Filled, WithOneByteEverywhere) {
    TableBuilder builder;
    fill(builder);
    for (const int value : {0, 0xff, 0x01, 0x7f}) {
        FakeMemory memory = builder.build();
        for (const std::uint64_t page : memory.pages()) {
            memory.fill(page, 4096, static_cast<std::byte>(value));
        }
        const Result<Table> table = try_read(memory);
        ASSERT_FALSE(table) << value;
        EXPECT_EQ(table.error().code, value == 0 ? Code::unreadable : Code::damaged);
    }
}

TEST(Filled, EachPartWithOneByte) {
    TableBuilder builder;
    fill(builder);
    const FakeMemory whole = builder.build();
    for (const std::uint64_t page : filled_pages(whole)) {
        for (const int value : {0xff, 0x01, 0x7f}) {
            FakeMemory memory = whole;
            memory.fill(page, 4096, static_cast<std::byte>(value));
            const Result<Table> table = try_read(memory);
            test::expect_little_was_read(memory);
            EXPECT_TRUE(table || !table.error().text.empty());
        }
    }
}

// Counters of a shard that read as zeros are told from counters that are zero.
TEST(ZeroCounters, AreAnErrorOrARemark) {
    TableBuilder builder;
    fill(builder);
    FakeMemory memory = builder.build();
    memory.zero_holes = true;
    memory.unmap(builder.record_address(0), 4096);
    const Result<Table> table = try_read(memory);
    ASSERT_FALSE(table);
    EXPECT_EQ(table.error().code, Code::unreadable);
    EXPECT_THAT(table.error().text, HasSubstr("all zero"));

    const std::uint32_t late = builder.add_stack({0x555555554900});
    builder.record(late + 100).alloc_bytes = 0;  // a chunk whose first event is to come
    memory = builder.build();
    EXPECT_EQ(remark(read_back(memory), "incomplete"), "");
}

}  // namespace
}  // namespace mt::core
