// SPDX-License-Identifier: MIT
//
// A sound table is read as it was written: figures, frames, names, blocks.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "read/reader.h"
#include "support/table_builder.h"

namespace mt::core {
namespace {

using test::FakeMemory;
using test::TableBuilder;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

Table read(FakeMemory& memory, bool blocks = false) {
    const Result<Status> status = read_status(memory, TableBuilder::kRoot);
    EXPECT_TRUE(status) << status.error().text;
    if (!status) return {};
    const Result<Table> table = read_table(memory, *status, {.blocks = blocks});
    EXPECT_TRUE(table) << table.error().text;
    return table ? *table : Table{};
}

TEST(Reader, EmptyTable) {
    TableBuilder builder;
    FakeMemory memory = builder.build();
    const Table table = read(memory, true);
    EXPECT_TRUE(table.status.tracing);
    EXPECT_FALSE(table.status.fresh);
    EXPECT_EQ(table.status.frame_limit, 32);
    EXPECT_EQ(table.status.identity.pid, TableBuilder::kPid);
    EXPECT_THAT(table.traces, IsEmpty());
    EXPECT_THAT(table.blocks, IsEmpty());
    EXPECT_THAT(table.remarks, IsEmpty());
    EXPECT_EQ(table.current_size, 0);
}

TEST(Reader, FiguresFramesAndBlocks) {
    TableBuilder builder;
    const std::uint32_t a = builder.add_stack({0x555555554100, 0x555555554200});
    const std::uint32_t b = builder.add_stack({0x555555554300, 0x555555554200});
    const auto first = builder.allocate(a, 100);
    const auto second = builder.allocate(b, 50);
    const auto third = builder.allocate(a, 8);
    builder.release(second);
    FakeMemory memory = builder.build();
    const Table table = read(memory, true);
    ASSERT_EQ(table.traces.size(), 2u);
    EXPECT_EQ(table.traces[0].id, a);
    EXPECT_EQ(table.traces[0].size, 108);
    EXPECT_EQ(table.traces[0].count, 2);
    EXPECT_EQ(table.traces[0].peak_size, 108);
    EXPECT_EQ(table.traces[1].size, 0);
    EXPECT_EQ(table.traces[1].alloc_bytes, 50u);
    EXPECT_EQ(table.traces[1].peak_size, 50);
    EXPECT_EQ(table.traces[1].peak_count, 1);
    EXPECT_EQ(table.current_size, 108);
    EXPECT_EQ(table.current_count, 2);
    EXPECT_EQ(table.peak_size, 158);
    EXPECT_EQ(table.peak_count, 3);
    const std::vector<Pc> frames = table.frames(table.traces[0].node);
    ASSERT_EQ(frames.size(), 2u);
    EXPECT_EQ(frames[0].address, 0x555555554100u);
    EXPECT_EQ(frames[1].address, 0x555555554200u);
    EXPECT_EQ(table.modules[frames[0].module].path, "/usr/bin/program");
    EXPECT_EQ(table.modules[1].build_id, "12ab");
    ASSERT_EQ(table.blocks.size(), 2u);
    EXPECT_EQ(table.blocks[0].address, first);
    EXPECT_EQ(table.blocks[1].address, third);
    EXPECT_EQ(table.blocks[1].size, 8u);
    EXPECT_THAT(table.remarks, IsEmpty());
}

}  // namespace
}  // namespace mt::core
