// SPDX-License-Identifier: MIT
//
// Requests and closes from one thread, and reads from outside, while others are in the
// midst of events.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <map>

#include "tracee.h"
#include "watchdog.h"
#include "whole_table.h"

namespace mt::test {
namespace {

class RequestStorm : public testing::TestWithParam<const char*> {};

TEST_P(RequestStorm, LosesNothingThatCameAfterTheLastClear) {
    Tracee tracee(
        {.program = program_path("clear_storm"), .arguments = {GetParam()}, .environment = {}});
    ASSERT_TRUE(tracee.wait_for_stop()) << "the program crashed";
    const auto table = tracee.table(true);
    ASSERT_TRUE(table) << table.error().text;
    expect_whole(*table);
    std::map<std::uint64_t, std::uint64_t> traced;
    for (const core::Block& block : table->blocks) traced[block.address] = block.size;
    const ledger& book = tracee.book();
    EXPECT_EQ(traced.size(), book.block_count);
    for (std::uint64_t i = 0; i < book.block_count; ++i) {
        EXPECT_EQ(traced[book.block[i].address], book.block[i].size);
    }
}

INSTANTIATE_TEST_SUITE_P(By, RequestStorm, testing::Values("clear", "restart"));

TEST(CloseStorm, LibrariesMayBeClosedInSeveralThreads) {
    Tracee tracee({.program = program_path("close_storm"),
                   .arguments = {program_path("liblibrary_a.so"), program_path("liblibrary_b.so")},
                   .environment = {}});
    ASSERT_TRUE(tracee.wait_for_stop()) << "the program crashed";
    const auto table = tracee.table(true);
    ASSERT_TRUE(table) << table.error().text;
    expect_whole(*table);
}

// Nothing holds still for a reader, and nothing that stays is missed or seen twice.
TEST(ReadWhileRunning, FindsWhatStays) {
    Tracee tracee({.program = program_path("read_storm"),
                   .arguments = {},
                   .environment = {{"MEMTRACE", "32"}}});
    ASSERT_TRUE(tracee.wait_for_stop()) << "the program crashed";
    tracee.resume();
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(storm(2, 30));
    const ledger& book = tracee.book();
    std::size_t most_blocks = 0;
    for (int reads = 0; reads < 20 || std::chrono::steady_clock::now() < end; ++reads) {
        const auto table = tracee.table(true);
        ASSERT_TRUE(table) << table.error().text;
        // Of the others an address may be met twice, where it was freed and given out again
        // while the table was read; and their counters are of different moments.
        std::multimap<std::uint64_t, std::uint64_t> traced;
        for (const core::Block& block : table->blocks) {
            traced.emplace(block.address, block.size);
            EXPECT_LE(block.size, 11000u);
        }
        for (std::uint64_t i = 0; i < book.block_count; ++i) {
            ASSERT_EQ(traced.count(book.block[i].address), 1u) << "read " << reads;
            ASSERT_EQ(traced.find(book.block[i].address)->second, book.block[i].size);
        }
        most_blocks = std::max(most_blocks, table->blocks.size());
    }
    EXPECT_GT(most_blocks, book.block_count + 100) << "nothing ran meanwhile";
}

}  // namespace
}  // namespace mt::test
