// SPDX-License-Identifier: MIT
//
// Conditions of mt break stop exactly where they are met: the program compares each
// stop with a book of its own (tests/programs/watch_ledger.cpp).
#include <gtest/gtest.h>
#include <sys/wait.h>

#include "tracee.h"

namespace mt::test {
namespace {

class Conditions : public testing::TestWithParam<const char*> {};

TEST_P(Conditions, StopWhereTheLedgerSays) {
    Tracee tracee({.program = program_path("watch_ledger"),
                   .arguments = {},
                   .environment = {{"MEMTRACE", GetParam()}}});
    const int status = tracee.wait_for_exit();
    EXPECT_TRUE(WIFEXITED(status)) << status;
    EXPECT_EQ(WEXITSTATUS(status), 0);
    EXPECT_EQ(tracee.output(), "");
}

INSTANTIATE_TEST_SUITE_P(Everything, Conditions, testing::Values("0", "32"));
INSTANTIATE_TEST_SUITE_P(Sampled, Conditions, testing::Values("32,sample=4096"));

}  // namespace
}  // namespace mt::test
