// SPDX-License-Identifier: MIT
//
// Entries of a running program that are redirected to the runtime, and put back: without a
// debugger, by a program that opens the runtime itself (tests/programs/attached.c).
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include "against_ledger.h"
#include "tracee.h"

namespace mt::test {
namespace {

class Entries : public testing::TestWithParam<const char*> {};

TEST_P(Entries, AreRedirectedAndPutBackTwice) {
    Tracee tracee({.program = program_path(std::string("attached_") + GetParam()),
                   .arguments = {runtime_path(), program_path("libattached_plugin.so"),
                                 "libattached_plugin_lazy.so"},
                   .environment = {},
                   .preload = false});
    for (int round = 0; round < 2; ++round) {
        SCOPED_TRACE(round);
        ASSERT_TRUE(tracee.wait_for_stop()) << tracee.output();
        const auto table = tracee.table(true);
        ASSERT_TRUE(table) << table.error().text;
        EXPECT_GE(tracee.book().block_count, 4u);
        expect_blocks(*table, tracee.book(), {LEDGER_OWN, LEDGER_OWN_END});
        EXPECT_EQ(lost(*table), 0u);
        tracee.resume();
    }
    const int status = tracee.wait_for_exit();
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
    EXPECT_EQ(tracee.output(), "attached 0\ndetached 0\nattached 0\ndetached 0\ndone\n");
}

INSTANTIATE_TEST_SUITE_P(Of, Entries, testing::Values("lazy", "now", "noplt", "fixed", "own"),
                         [](const auto& kind) { return std::string(kind.param); });

}  // namespace
}  // namespace mt::test
