// SPDX-License-Identifier: MIT
//
// Every entry point: results, errno and out-parameters as without the runtime,
// and exactly one trace per block.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <set>
#include <sstream>

#include "tracee.h"

namespace mt::test {
namespace {

std::string output_of(const std::string& program, bool preload,
                      const std::map<std::string, std::string>& environment) {
    Tracee tracee({.program = program_path(program),
                   .arguments = {"run"},
                   .environment = environment,
                   .preload = preload});
    const int status = tracee.wait_for_exit();
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << "status " << status;
    return tracee.output();
}

TEST(Family, ResultsAndErrnoAreThoseOfTheUntracedRun) {
    const std::string plain = output_of("family_matrix", false, {});
    ASSERT_NE(plain.find("pvalloc"), std::string::npos);
    EXPECT_EQ(output_of("family_matrix", true, {}), plain) << "loaded, off";
    EXPECT_EQ(output_of("family_matrix", true, {{"MEMTRACE", "32"}}), plain) << "tracing";
}

TEST(Family, EachEntryPointLeavesExactlyOneTrace) {
    Tracee tracee(
        {.program = program_path("family_matrix"), .arguments = {"hold"}, .environment = {}});
    ASSERT_TRUE(tracee.wait_for_stop());
    const auto table = tracee.table(true);
    ASSERT_TRUE(table) << table.error().text;
    const ledger& book = tracee.book();
    ASSERT_GE(book.block_count, 20u);
    std::map<std::uint64_t, int> rows;  // by size; every call of the program has its own
    for (const core::Block& block : table->blocks) ++rows[block.size];
    for (std::uint64_t i = 0; i < book.block_count; ++i) {
        EXPECT_EQ(rows[book.block[i].size], 1) << "size " << book.block[i].size;
    }
    EXPECT_EQ(table->blocks.size(), book.block_count);
}

TEST(Family, BadEnvironmentLeavesTracingOffWithAReason) {
    for (const char* bad : {"-1", "65536", "1x", "99999999999", "abc"}) {
        Tracee tracee({.program = program_path("family_matrix"),
                       .arguments = {"hold-untraced"},
                       .environment = {{"MEMTRACE", bad}}});
        ASSERT_TRUE(tracee.wait_for_stop());
        EXPECT_EQ(tracee.output(), "not tracing, reason 1\n") << bad;
    }
    for (const char* off : {"", "0"}) {
        Tracee tracee({.program = program_path("family_matrix"),
                       .arguments = {"hold-untraced"},
                       .environment = {{"MEMTRACE", off}}});
        ASSERT_TRUE(tracee.wait_for_stop());
        EXPECT_EQ(tracee.output(), "not tracing, reason 0\n");
    }
}

}  // namespace
}  // namespace mt::test
