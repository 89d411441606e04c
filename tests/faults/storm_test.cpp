// SPDX-License-Identifier: MIT
//
// Requests and closes from one thread while others are in the midst of events.
#include <gtest/gtest.h>

#include <map>

#include "tracee.h"
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

}  // namespace
}  // namespace mt::test
