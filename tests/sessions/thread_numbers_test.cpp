// SPDX-License-Identifier: MIT
//
// A thread has two numbers: memtrace's, which --thread takes, and the debugger's, which its
// `thread N` takes. Titles have both, and the second one is what the debugger's own list says.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>

#include "in_debugger.h"

namespace mt::sessions {
namespace {

class ThreadNumbers : public InDebugger {};

// The first group of the pattern in the text.
std::string found(const std::string& text, const std::string& pattern) {
    std::smatch match;
    return std::regex_search(text, match, std::regex(pattern)) ? match[1].str() : "";
}

TEST_P(ThreadNumbers, AreThoseOfTheDebuggersList) {
    const std::string stop = is_gdb() ? "break " : "breakpoint set --name ";
    const std::string text =
        said("mt preload\n" + stop + "lesson_ready\nrun\nmt start\n" + stop +
                 "lesson_read\ncontinue\nmt snapshot --by thread\n" +
                 (is_gdb() ? "info threads" : "thread list") + "\nmt break --thread reader\nkill\n",
             {(kPrograms / "lesson_threads").string()});
    const std::string number =
        found(text, "\\(reader, tid [0-9]+; the debugger's thread ([0-9]+)\\)");
    const std::string listed = found(text, is_gdb() ? "\n\\*? *([0-9]+) +Thread [^\n]*\"reader\""
                                                    : "thread #([0-9]+): [^\n]*'reader'");
    EXPECT_NE(number, "") << text;
    EXPECT_EQ(number, listed) << text;
    EXPECT_THAT(text, testing::HasSubstr("condition 1: thread 3 (reader, tid ")) << text;
    EXPECT_EQ(found(text, "condition 1: [^\n]*the debugger's thread ([0-9]+)\\)"), number) << text;
}

INSTANTIATE_TEST_SUITE_P(Both, ThreadNumbers, testing::Values(Debugger::gdb, Debugger::lldb),
                         name_of);

}  // namespace
}  // namespace mt::sessions
