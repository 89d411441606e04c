// SPDX-License-Identifier: MIT
//
// Stamps of blocks held against each other and against the table (read/stamp_checks.h).
// Reads no memory.
#include <gtest/gtest.h>

#include <initializer_list>

#include "abi/stamp.h"
#include "read/stamp_checks.h"

namespace mt::test {
namespace {

using abi::make_stamp;

// Two marks, the newest one's first ticket is 1001 of 1200; threads 1, 2 and 3.
std::uint64_t wrong_among(std::initializer_list<std::uint64_t> stamps) {
    core::Anchor anchor;
    anchor.state.tickets = 1200;
    anchor.state.mark_start = std::uint64_t{2} << abi::kTicketBits | 1001;
    core::Table table;
    table.status.mark = 2;
    for (std::uint32_t serial = 1; serial <= 3; ++serial)
        table.threads.emplace_back().serial = serial;
    core::StampChecks checks(anchor, table);
    for (const std::uint64_t stamp : stamps) checks.add(stamp);
    return checks.wrong();
}

TEST(Stamps, MayBeTheLastOnesOfTheirGeneration) {
    EXPECT_EQ(wrong_among({make_stamp(2, 1, 200), make_stamp(0, 2, 1200), make_stamp(1, 0, 7)}),
              0u);
}

TEST(Stamps, AreOfTicketsThatWereGiven) {
    EXPECT_EQ(wrong_among({make_stamp(2, 1, 201)}), 1u);
    EXPECT_EQ(wrong_among({make_stamp(0, 1, 1201)}), 1u);
    EXPECT_EQ(wrong_among({make_stamp(1, 1, 0)}), 1u);
    EXPECT_EQ(wrong_among({make_stamp(0, 1, 0xffff)}), 1u);
}

TEST(Stamps, AreOfMarksAndThreadsThatThereAre) {
    EXPECT_EQ(wrong_among({make_stamp(3, 1, 7)}), 1u);
    EXPECT_EQ(wrong_among({make_stamp(2, 4, 7)}), 1u);
}

TEST(Stamps, AreOnOneBlockEach) {
    EXPECT_EQ(wrong_among({make_stamp(2, 1, 7), make_stamp(1, 1, 7)}), 0u);
    EXPECT_EQ(wrong_among({make_stamp(2, 1, 7), make_stamp(2, 1, 8), make_stamp(2, 1, 7)}), 1u);
    // All that were taken before the mark, or without a look at it.
    const auto late = make_stamp(1, 1, abi::sequence_of(~std::uint64_t{0}));
    EXPECT_EQ(wrong_among({make_stamp(2, 1, 1), make_stamp(2, 2, 1), late, late}), 0u);
}

// Tickets 1025 to 1088 are numbers 25 to 88.
TEST(Stamps, OfABatchAreOfOneThread) {
    EXPECT_EQ(wrong_among({make_stamp(2, 1, 24), make_stamp(2, 2, 25), make_stamp(2, 2, 88),
                           make_stamp(2, 1, 89)}),
              0u);
    EXPECT_EQ(wrong_among({make_stamp(2, 1, 25), make_stamp(2, 2, 60), make_stamp(2, 1, 88)}), 1u);
    EXPECT_EQ(wrong_among({make_stamp(2, 1, 25), make_stamp(2, 0, 60), make_stamp(2, 1, 88)}), 1u);
    // One thread ended, the next one has its context.
    EXPECT_EQ(wrong_among({make_stamp(2, 1, 25), make_stamp(2, 0, 60), make_stamp(2, 2, 88)}), 0u);
}

}  // namespace
}  // namespace mt::test
