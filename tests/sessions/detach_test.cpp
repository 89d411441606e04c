// SPDX-License-Identifier: MIT
//
// After detach the program runs on without the debugger: no command may say that it has
// exited, snapshots stay, and mt start is about the next run.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "in_debugger.h"

namespace mt::sessions {
namespace {

using testing::HasSubstr;
using testing::Not;

class Detach : public InDebugger {
  protected:
    // What was said to `commands`; an error does not end them.
    std::string run(const std::vector<std::string>& commands) const {
        std::string lines;
        for (const std::string& command : commands)
            lines += is_gdb() ? "python\ntry:\n    gdb.execute('" + command +
                                    "')\nexcept gdb.error as error:\n    print('error: %s' % "
                                    "error)\nend\n"
                              : command + '\n';
        return said(lines, {(kPrograms / "runs_on").string()});
    }
};

TEST_P(Detach, TheProgramHasNotExited) {
    const std::string stop =
        is_gdb() ? "tbreak lesson_ready" : "breakpoint set --one-shot true --name lesson_ready";
    const std::string said =
        run({"mt preload", stop, "run", "mt start", "mt snapshot mine", "detach", "mt status",
             "mt snapshot", "mt blocks", "mt stats mine", "mt list", "mt start"});
    EXPECT_THAT(said, Not(HasSubstr("has exited"))) << said;
    const std::string line = "error: the debugger was detached from the program";
    std::size_t lines = 0;
    for (std::size_t at = said.find(line); at != std::string::npos; at = said.find(line, at + 1))
        ++lines;
    EXPECT_EQ(lines, 3u) << said;
    EXPECT_THAT(said, HasSubstr("1 mine: size=0 B, count=0"));
    EXPECT_THAT(said, HasSubstr("tracing starts with the next run")) << said;
}

TEST_P(Detach, OneThatExitedHas) {
    const std::string said = run({"mt preload", "run", "mt status"});
    EXPECT_THAT(said, HasSubstr("error: the program has exited")) << said;
}

INSTANTIATE_TEST_SUITE_P(In, Detach, testing::Values(Debugger::gdb, Debugger::lldb), name_of);

}  // namespace
}  // namespace mt::sessions
