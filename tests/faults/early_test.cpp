// SPDX-License-Identifier: MIT
//
// What comes before main: allocations, environments that are none, and who asks the loader.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include "against_ledger.h"
#include "same.h"
#include "tracee.h"

namespace mt::test {
namespace {

TEST(Early, TheProgramEndsAsEver) {
    const Ending ending = expect_same({.program = program_path("early"), .arguments = {}});
    EXPECT_EQ(ending.output, "4 early, 0 errors, 7\nfreed at the end\n") << described(ending);
}

TEST(Early, EachBlockFromBeforeMainIsTraced) {
    Tracee tracee({.program = program_path("early"),
                   .arguments = {"stop"},
                   .environment = {{"MEMTRACE", "32"}}});
    ASSERT_TRUE(tracee.wait_for_stop());
    const auto table = tracee.table(true);
    ASSERT_TRUE(table) << table.error().text;
    ASSERT_EQ(tracee.book().block_count, 4u);
    expect_equal(*table, tracee.book(), {1001, 1019});
}

class BareEnvironment : public testing::TestWithParam<const char*> {};

// Of the linked program the runtime is there without any variable.
TEST_P(BareEnvironment, ChangesNothing) {
    const std::string plain = program_path("bare_environment");
    for (const char* target : {"bare_environment", "bare_environment_linked"}) {
        const Ending ending =
            expect_same({.program = plain, .arguments = {GetParam(), program_path(target)}});
        EXPECT_EQ(WEXITSTATUS(ending.status), 5) << described(ending);
        EXPECT_EQ(ending.output.substr(0, 16), "works, errno 1, ") << described(ending);
    }
}

INSTANTIATE_TEST_SUITE_P(Of, BareEnvironment, testing::Values("null", "empty", "huge", "odd"),
                         [](const auto& one) { return std::string(one.param); });

TEST(EnvironmentOf, MayBeTakenAwayLater) {
    const Ending ending =
        expect_same({.program = program_path("bare_environment"), .arguments = {"end", "late"}});
    EXPECT_EQ(ending.output, "works, errno 1, any 0\n");
}

TEST(Runpath, IsItsCallers) {
    const Ending ending = expect_same({.program = program_path("runpath"), .arguments = {}});
    EXPECT_EQ(ending.output, "opened, 1 missing, closed 0\n") << described(ending);
}

}  // namespace
}  // namespace mt::test
