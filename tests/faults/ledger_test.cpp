// SPDX-License-Identifier: MIT
//
// The table against the program's own book-keeping, live and from cores.
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <map>

#include "against_ledger.h"
#include "lookups.h"
#include "tracee.h"

namespace mt::test {
namespace {

namespace fs = std::filesystem;

// Rows must agree with the blocks too, traceback by traceback.
void expect_rows_match_blocks(const core::Table& table) {
    std::map<std::uint32_t, std::pair<std::int64_t, std::int64_t>> by_stack;
    for (const core::Block& block : table.blocks) {
        by_stack[block.stack].first += static_cast<std::int64_t>(block.size);
        by_stack[block.stack].second += 1;
    }
    for (const core::Trace& trace : table.traces) {
        const auto blocks = by_stack[trace.id];
        EXPECT_EQ(trace.size, blocks.first) << "stack " << trace.id;
        EXPECT_EQ(trace.count, blocks.second) << "stack " << trace.id;
        EXPECT_EQ(trace.end, core::End::complete) << "stack " << trace.id;
    }
}

class FamilyStorm : public testing::Test {
  protected:
    void SetUp() override {
        directory_ = fs::temp_directory_path() / ("memtrace-ledger-" + std::to_string(getpid()));
        fs::create_directories(directory_);
        ASSERT_TRUE(tracee_.wait_for_stop());
        ASSERT_GT(tracee_.book().block_count, 500u);
    }
    void TearDown() override { fs::remove_all(directory_); }

    Tracee tracee_{{.program = program_path("family_storm"), .arguments = {}, .environment = {}}};
    fs::path directory_;
};

TEST_F(FamilyStorm, TableEqualsLedgerLive) {
    const auto table = tracee_.table(true);
    ASSERT_TRUE(table) << table.error().text;
    expect_equal(*table, tracee_.book());
    expect_rows_match_blocks(*table);
}

TEST_F(FamilyStorm, EachLookUpEqualsTheTable) {
    const auto table = tracee_.table(true);
    ASSERT_TRUE(table) << table.error().text;
    ProcessMemory memory(tracee_.pid());
    expect_lookups(memory, *table, 3000);
}

TEST_F(FamilyStorm, TableEqualsLedgerFromGcore) {
    const std::string core = (directory_ / "core").string();
    const std::string command =
        "gcore -o " + core + " " + std::to_string(tracee_.pid()) + " >/dev/null 2>&1";
    ASSERT_EQ(std::system(command.c_str()), 0);
    CoreMemory memory(core + "." + std::to_string(tracee_.pid()));
    const auto table = read_all(memory, true);
    ASSERT_TRUE(table) << table.error().text;
    expect_equal(*table, tracee_.book());
    expect_rows_match_blocks(*table);
    expect_lookups(memory, *table, 3000);
}

// Blocks of 8 bytes, and calls that come back through the hooks.
TEST(FamilyStormOnAnotherAllocator, TableEqualsLedger) {
    Tracee tracee({.program = program_path("family_storm"),
                   .arguments = {},
                   .environment = {},
                   .preload_after = program_path("libforeign_allocator.so")});
    ASSERT_TRUE(tracee.wait_for_stop());
    const auto table = tracee.table(true);
    ASSERT_TRUE(table) << table.error().text;
    ASSERT_GT(tracee.book().block_count, 500u);
    expect_equal(*table, tracee.book());
    expect_rows_match_blocks(*table);
    ProcessMemory memory(tracee.pid());
    expect_lookups(memory, *table, 3000);
}

}  // namespace
}  // namespace mt::test
