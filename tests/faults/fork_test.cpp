// SPDX-License-Identifier: MIT
//
// A fork's child has a whole table of its own, whatever the other threads were
// doing, and the parent's goes on.
#include <gtest/gtest.h>
#include <signal.h>

#include "tracee.h"
#include "whole_table.h"

namespace mt::test {
namespace {

TEST(Fork, ChildrenOfAThreadedProgramHaveWholeTables) {
    Tracee tracee({.program = program_path("fork_storm"), .arguments = {}, .environment = {}});
    ASSERT_TRUE(tracee.wait_for_stop()) << "a child failed or hung";
    const int child = std::atoi(tracee.output().c_str());
    ASSERT_GT(child, 0);
    ProcessMemory memory(child);
    const auto inherited = read_all(memory, true);
    kill(child, SIGKILL);
    ASSERT_TRUE(inherited) << inherited.error().text;
    EXPECT_EQ(inherited->status.identity.pid, static_cast<std::uint32_t>(child));
    expect_whole(*inherited);
    const auto own = tracee.table(true);
    ASSERT_TRUE(own) << own.error().text;
    EXPECT_EQ(own->status.identity.pid, static_cast<std::uint32_t>(tracee.pid()));
    expect_whole(*own);
}

}  // namespace
}  // namespace mt::test
