// SPDX-License-Identifier: MIT
//
// The injection kit itself: a harness that notices nothing would pass everything.
#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include "same.h"
#include "tracee.h"
#include "watchdog.h"

namespace mt::test {
namespace {

Trial trial(const char* what) {
    return {.program = program_path("kit_cases"), .arguments = {what}};
}

int exit_status(const Trial& trial) {
    const Ending ending = run(trial, Traced::yes);
    return WIFEXITED(ending.status) ? WEXITSTATUS(ending.status) : -WTERMSIG(ending.status);
}

TEST(Kit, ADifferenceIsNoticed) {
    // Without the runtime and with it off the program says 4, tracing 3.
    EXPECT_NONFATAL_FAILURE(expect_same(trial("tell")), "traced: status 3");
}

TEST(Kit, AProgramThatIsNotThereIsNotTheSame) {
    EXPECT_NONFATAL_FAILURE(expect_same({.program = "/nowhere", .arguments = {}}), "cannot be run");
}

TEST(Kit, TheWatchdogEndsWhatHangs) { EXPECT_EQ(exit_status(trial("hang")), WATCHDOG_STATUS); }

TEST(Kit, StormsAreLongOnlyWhereAsked) {
    Trial storm = trial("storm");
    storm.environment = {{STORM_VARIABLE, ""}};
    EXPECT_EQ(exit_status(storm), 5);
    storm.environment = {{STORM_VARIABLE, "1"}};
    EXPECT_EQ(exit_status(storm), 6);
}

TEST(Kit, StacksAndFiltersAreAsAskedFor) {
    EXPECT_EQ(exit_status(trial("stack")), 0);
    const Ending filtered = run(trial("filter"), Traced::no);
    EXPECT_EQ(filtered.status, 0) << described(filtered);
    EXPECT_EQ(filtered.output, "ok\n");
}

}  // namespace
}  // namespace mt::test
