// SPDX-License-Identifier: MIT
//
// The peak and what it was made of, against a replay by brute force.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tracee.h"

namespace mt::test {
namespace {

struct SiteFigures {
    std::int64_t peak_size = 0, peak_count = 0, size = 0, count = 0;
};

// Traces by the site function that their innermost frame lies in; -1: none.
int site_of(const core::Table& table, const core::Trace& trace, const ledger& book) {
    const auto frames = table.frames(trace.node);
    if (frames.empty()) return -1;
    int best = -1;
    std::uint64_t nearest = 512;  // no site function is longer
    for (unsigned i = 0; i < LEDGER_SITES && book.site_address[i] != 0; ++i) {
        const std::uint64_t distance = frames[0].address - book.site_address[i];
        if (distance < nearest) nearest = distance, best = static_cast<int>(i);
    }
    return best;
}

std::vector<SiteFigures> by_site(const core::Table& table, const ledger& book) {
    std::vector<SiteFigures> sites(LEDGER_SITES);
    for (const core::Trace& trace : table.traces) {
        const int site = site_of(table, trace, book);
        if (site < 0) {
            EXPECT_EQ(trace.peak_size, 0) << "a block that the program does not know";
            continue;
        }
        SiteFigures& figures = sites[static_cast<unsigned>(site)];
        figures.peak_size += trace.peak_size;
        figures.peak_count += trace.peak_count;
        figures.size += trace.size;
        figures.count += trace.count;
    }
    return sites;
}

void expect_as_replayed(const std::vector<std::string>& arguments) {
    Tracee tracee(
        {.program = program_path("peak_replay"), .arguments = arguments, .environment = {}});
    ASSERT_TRUE(tracee.wait_for_stop());
    const auto table = tracee.table(false);
    ASSERT_TRUE(table) << table.error().text;
    const ledger& book = tracee.book();
    EXPECT_EQ(table->peak_size, book.peak);
    EXPECT_EQ(table->current_size, book.live);
    const auto sites = by_site(*table, book);
    std::int64_t count = 0;
    for (unsigned i = 0; i < LEDGER_SITES; ++i) {
        EXPECT_EQ(sites[i].peak_size, book.site_peak[i]) << "site " << i;
        EXPECT_EQ(sites[i].peak_count, book.site_peak_count[i]) << "site " << i;
        EXPECT_EQ(sites[i].size, book.site_live[i]) << "site " << i;
        EXPECT_EQ(sites[i].count, book.site_count[i]) << "site " << i;
        count += book.site_peak_count[i];
    }
    EXPECT_EQ(table->peak_count, count);
    EXPECT_EQ(table->peak_bound, 0u);
}

class PeakWithIdleThreads : public testing::TestWithParam<const char*> {};

TEST_P(PeakWithIdleThreads, EqualsReplay) { expect_as_replayed({"1", GetParam()}); }

INSTANTIATE_TEST_SUITE_P(OneBusyThread, PeakWithIdleThreads, testing::Values("0", "1", "7"));

// One after the other, as with a pool that is joined: exact, and no remark says otherwise.
TEST(PeakWithThreadsInTurn, EqualsReplay) { expect_as_replayed({"24", "turns"}); }

TEST(PeakWithBusyThreads, IsWithinTheStatedBound) {
    constexpr int kThreads = 4;
    Tracee tracee({.program = program_path("peak_replay"),
                   .arguments = {std::to_string(kThreads), "0"},
                   .environment = {}});
    ASSERT_TRUE(tracee.wait_for_stop());
    const auto table = tracee.table(false);
    ASSERT_TRUE(table) << table.error().text;
    const ledger& book = tracee.book();
    std::int64_t live = 0, peak = 0, largest = 0;
    for (std::uint64_t i = 0; i < book.event_count; ++i) {
        live += book.event[i].size;
        peak = std::max(peak, live);
        largest = std::max(largest, book.event[i].size);
    }
    EXPECT_EQ(table->current_size, live);
    // The log itself may see each thread's last event in another order than
    // the runtime did: one event per thread on either side.
    const std::int64_t bound = std::max(kThreads * largest, peak / 1024) + kThreads * largest;
    EXPECT_NEAR(static_cast<double>(table->peak_size), static_cast<double>(peak),
                static_cast<double>(bound));
    std::int64_t composed = 0;
    for (const core::Trace& trace : table->traces) composed += trace.peak_size;
    EXPECT_NEAR(static_cast<double>(composed), static_cast<double>(table->peak_size),
                static_cast<double>(bound));
    EXPECT_GT(table->peak_bound, 0u) << "the report must say that the peak is blurred";
}

}  // namespace
}  // namespace mt::test
