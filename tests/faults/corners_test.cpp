// SPDX-License-Identifier: MIT
//
// Corners of the family and what stands around it: after each the table holds what the
// program holds.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include "against_ledger.h"
#include "same.h"
#include "tracee.h"
#include "whole_table.h"

namespace mt::test {
namespace {

// At each stop of the program, of which there are `stops`.
void expect_ledger(const std::string& program, const std::vector<std::string>& arguments,
                   int stops = 1) {
    Tracee tracee({.program = program_path(program), .arguments = arguments, .environment = {}});
    int stop = 0;
    for (; tracee.wait_for_stop(); ++stop) {
        const auto table = tracee.table(true);
        ASSERT_TRUE(table) << table.error().text;
        expect_equal(*table, tracee.book());
        if (testing::Test::HasFailure()) FAIL() << "at stop " << stop;
        tracee.resume();
    }
    EXPECT_EQ(stop, stops);
}

TEST(Corners, EachCaseOfRealloc) { expect_ledger("corners", {"realloc"}, 8); }
TEST(Corners, WhatIsRefusedLeavesNothing) { expect_ledger("corners", {"refused"}); }
TEST(Corners, MixedFamiliesLeaveNothing) { expect_ledger("corners", {"mixed"}); }
TEST(Corners, LibcLeavesNothing) { expect_ledger("corners", {"libc"}); }
TEST(Corners, ABlockAsLargeAsCanBeHad) { expect_ledger("corners", {"huge"}); }

TEST(NewHandler, EndsAsEver) {
    const Ending ending = expect_same({.program = program_path("new_handler"), .arguments = {}});
    EXPECT_EQ(ending.output, "begins\n1000 thrown, 1001 handled, 2 given up\n");
    EXPECT_EQ(WEXITSTATUS(ending.status), 7);
}

TEST(NewHandler, ThrownExceptionsLoseNothing) { expect_ledger("new_handler", {"stop"}); }

class Operators : public testing::TestWithParam<const char*> {};

TEST_P(Operators, AreSeenByTheMallocBehind) {
    expect_ledger(std::string("operators_") + GetParam(), {});
}

INSTANTIATE_TEST_SUITE_P(Of, Operators, testing::Values("11", "14", "17", "20", "own"),
                         [](const auto& one) { return std::string(one.param); });

// Keys that all hash to one place make each search long, and nothing else.
TEST(Collisions, KeysOfOneBucketAreAllThere) {
    Tracee tracee({.program = program_path("corners"), .arguments = {"keys"}, .environment = {}});
    ASSERT_TRUE(tracee.wait_for_stop()) << "the watchdog";
    const auto table = tracee.table(true);
    ASSERT_TRUE(table) << table.error().text;
    expect_whole(*table);
    EXPECT_EQ(lost(*table), 0u);
    const Blocks held = ledger_blocks(tracee.book());
    ASSERT_EQ(held.size(), 3000u);
    Blocks traced;
    for (const core::Block& block : table->blocks) traced[block.address] = block.size;
    EXPECT_EQ(traced, held);
}

}  // namespace
}  // namespace mt::test
