// SPDX-License-Identifier: MIT
//
// What debuggers show at a terminal, and only there: rows as tables that fit it, in the debugger's
// colours. What stands in them is core_table_test's business.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <iterator>
#include <sstream>

#include "in_debugger.h"

namespace mt::sessions {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

class AtATerminal : public InDebugger {
  protected:
    // What a terminal of so many columns shows of these commands, each as if it were typed.
    std::string shown(const std::vector<std::string>& commands, const std::string& columns) const {
        std::string line =
            "export TERM=xterm; stty cols " + columns + "; " + debugger_program(GetParam());
        line += is_gdb() ? " -nx -q -ex 'set pagination off' -ex 'set debuginfod enabled off' -ex "
                           "'set confirm off' -ex 'source " +
                               (kStage / "share/memtrace/gdb/memtrace.py").string() + "'"
                         : " --no-lldbinit -o 'settings set auto-confirm true' -o 'plugin load " +
                               (kStage / "lib/memtrace/libmemtrace_lldb.so").string() + "'";
        for (const std::string& command : commands)
            line += std::string(is_gdb() ? " -ex '" : " -o '") + command + "'";
        line += std::string(is_gdb() ? " -ex kill -ex quit " : " -o 'process kill' -o quit ") +
                (kPrograms / "lesson_statistics").string();
        const Outcome outcome = run_program("script", {"-qefc", line, "terminal"}, work_, 120s);
        EXPECT_NE(outcome.status, -1) << "no end, see " << work_.path();
        std::ifstream in(work_ / "terminal");
        return {std::istreambuf_iterator<char>(in), {}};
    }
    std::vector<std::string> story(std::vector<std::string> commands) const {
        std::vector<std::string> all = {"mt preload", "mt start",
                                        is_gdb() ? "tbreak lesson_done" : "b lesson_done", "run"};
        all.insert(all.end(), commands.begin(), commands.end());
        return all;
    }
};

TEST_P(AtATerminal, RowsAreATableInColours) {
    const std::string text = shown(story({"mt snapshot"}), "80");
    EXPECT_THAT(text, HasSubstr("share  count  place")) << text;
    EXPECT_THAT(text, HasSubstr("\x1b[1m#")) << text;
    EXPECT_THAT(text, HasSubstr("3,002"));
}

TEST_P(AtATerminal, TextIsThereForTheAsking) {
    const std::string text = shown(story({"mt config style text", "mt snapshot"}), "80");
    EXPECT_THAT(text, HasSubstr("lesson_statistics.c:19: size=279 KiB, count=3002")) << text;
    EXPECT_THAT(text, Not(HasSubstr("share  count")));
}

TEST_P(AtATerminal, WithoutColoursWhereTheDebuggerHasNone) {
    const std::string off = is_gdb() ? "set style enabled off" : "settings set use-color false";
    const std::string text = shown(story({off, "mt snapshot"}), "80");
    EXPECT_THAT(text, HasSubstr("share  count  place")) << text;
    EXPECT_THAT(text, Not(HasSubstr("\x1b[1m#")));
}

// Nobody knows where the output of a script goes.
TEST_P(AtATerminal, AScriptSaysText) {
    EXPECT_THAT(
        said("mt start\n" + std::string(is_gdb() ? "tbreak" : "b") +
                 " lesson_done\nrun\nmt snapshot\n" + (is_gdb() ? "kill" : "process kill") + "\n",
             {(kPrograms / "lesson_statistics").string()}),
        HasSubstr("lesson_statistics.c:19: size=279 KiB, count=3002"));
}

INSTANTIATE_TEST_SUITE_P(In, AtATerminal, testing::Values(Debugger::gdb, Debugger::lldb), name_of);

}  // namespace
}  // namespace mt::sessions
