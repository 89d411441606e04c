// SPDX-License-Identifier: MIT
//
// Every way to exit ends as it would without us, and the table outlives the handlers.
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "against_ledger.h"
#include "same.h"
#include "tracee.h"

namespace mt::test {
namespace {

namespace fs = std::filesystem;

void without_cores() {
    const rlimit none{0, 0};
    setrlimit(RLIMIT_CORE, &none);
}

class WaysOut : public testing::TestWithParam<const char*> {};

TEST_P(WaysOut, EndAsEver) {
    const Ending ending = expect_same({.program = program_path("ways_out"),
                                       .arguments = {GetParam()},
                                       .in_child = without_cores});
    EXPECT_FALSE(WIFEXITED(ending.status) && WEXITSTATUS(ending.status) >= 90) << described(ending);
}

INSTANTIATE_TEST_SUITE_P(By, WaysOut,
                         testing::Values("return", "exit", "quick_exit", "_exit", "_Exit", "abort",
                                         "kill", "term", "fault", "throw", "exec", "pthread_exit"),
                         [](const auto& one) { return std::string(one.param); });

TEST(Handlers, MayBeManyAndRegisterMore) {
    const Ending ending =
        expect_same({.program = program_path("ways_out"), .arguments = {"handlers"}});
    EXPECT_EQ(ending.output, "8192 handlers\nstatic gone\n");
    EXPECT_EQ(WEXITSTATUS(ending.status), 17);
}

TEST(Handlers, ACoreFromOneIsReadable) {
    Tracee tracee({.program = program_path("ways_out"),
                   .arguments = {"stop"},
                   .environment = {{"MEMTRACE", "32"}}});
    ASSERT_TRUE(tracee.wait_for_stop());
    ASSERT_EQ(tracee.book().block_count, 100u);
    const fs::path folder =
        fs::temp_directory_path() / ("memtrace-exit-" + std::to_string(getpid()));
    fs::create_directories(folder);
    const std::string core = folder / "core";
    const std::string pid = std::to_string(tracee.pid());
    ASSERT_EQ(std::system(("gcore -o " + core + " " + pid + " >/dev/null 2>&1").c_str()), 0);
    CoreMemory memory(core + "." + pid);
    const auto from_core = read_all(memory, true);
    fs::remove_all(folder);
    ASSERT_TRUE(from_core) << from_core.error().text;
    expect_equal(*from_core, tracee.book(), {24000, 24099});
    tracee.resume();
    EXPECT_EQ(WEXITSTATUS(tracee.wait_for_exit()), 18);
}

}  // namespace
}  // namespace mt::test
