// SPDX-License-Identifier: MIT
//
// Threads begin and end: what libc allocates for them inside other calls, what their
// destructors do, and what stays of them.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "against_ledger.h"
#include "tracee.h"

namespace mt::test {
namespace {

constexpr Sizes kOwn = {LEDGER_OWN, LEDGER_OWN_END - 1};

namespace fs = std::filesystem;

void expect_ledger(const std::string& program, const std::vector<std::string>& arguments) {
    Tracee tracee({.program = program_path(program), .arguments = arguments, .environment = {}});
    ASSERT_TRUE(tracee.wait_for_stop()) << program << " did not come to its end";
    const auto table = tracee.table(true);
    ASSERT_TRUE(table) << table.error().text;
    expect_equal(*table, tracee.book(), kOwn);
}

TEST(Threads, MayGrowTheirThreadLocalMemoryWhileTheyAllocate) {
    const fs::path copies =
        fs::temp_directory_path() / ("memtrace-tls-" + std::to_string(getpid()));
    fs::create_directories(copies);
    expect_ledger("thread_local_growth",
                  {program_path("libthread_local_general.so"), copies.string()});
    fs::remove_all(copies);
}

TEST(Threads, MayAllocateInSetspecificFirstOfAll) { expect_ledger("thread_ends", {"keys"}); }
TEST(Threads, MayAllocateInTheirDestructors) { expect_ledger("thread_ends", {"destructors"}); }
TEST(Threads, MayAskForTheirStacksWhileOthersAreMade) {
    expect_ledger("thread_ends", {"attributes"});
}

// The row of each stays, with its totals: 128 bytes. Nothing else may.
TEST(Threads, LeaveARowWhenTheyEnd) {
    Tracee tracee(
        {.program = program_path("thread_ends"), .arguments = {"in-a-row"}, .environment = {}});
    ASSERT_TRUE(tracee.wait_for_stop());
    constexpr std::int64_t kRows = 40'000 * 128;
    EXPECT_GE(tracee.book().live, kRows - 65536);
    EXPECT_LE(tracee.book().live, kRows + 65536);
    const auto table = tracee.table(true);
    ASSERT_TRUE(table) << table.error().text;
    expect_equal(*table, tracee.book(), kOwn);
    EXPECT_GT(table->threads.size(), 40'000u);
}

}  // namespace
}  // namespace mt::test
