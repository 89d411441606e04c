// SPDX-License-Identifier: MIT
//
// mt mark in the commands of a breakpoint, which both debuggers run on their own:
// what was allocated from one hit to the next.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "in_debugger.h"

namespace mt::sessions {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* kReports =
    "mt snapshot all --blocks\nmt stats --since columns\nmt stats --since 13\n"
    "mt stats --since 2 --until 3\nmt list\n";

constexpr const char* kGdb = R"(mt preload
tbreak lesson_ready
run
mt start
break read_columns
commands
silent
mt mark columns
continue
end
break new_column
commands
silent
mt mark
continue
end
tbreak lesson_done
continue
)";

constexpr const char* kLldb = R"(settings set auto-confirm true
mt preload
breakpoint set --one-shot true --name lesson_ready
process launch -i /dev/null -o out -e err
mt start
breakpoint set --name read_columns --command "mt mark columns" --auto-continue true
breakpoint set --name new_column --command "mt mark" --auto-continue true
breakpoint set --one-shot true --name lesson_done
continue
)";

class MarksInBreakpoints : public InDebugger {};

TEST_P(MarksInBreakpoints, TellOneHitFromTheNext) {
    const std::string text = said(std::string(is_gdb() ? kGdb : kLldb) + kReports,
                                  {(kPrograms / "lesson_statistics").string()});
    EXPECT_THAT(text, HasSubstr("mark 1 columns; from now on blocks get stamps"));
    EXPECT_THAT(text, HasSubstr("mark 13\n"));
    EXPECT_THAT(text, Not(HasSubstr("mark 14\n")));
    // Since columns, in the last call of twelve, and in the first.
    EXPECT_THAT(text, HasSubstr("lesson_statistics.c:22: size=51.6 KiB, count=12, average=4400 B\n"
                                "Total: size=51.6 KiB, count=12\n"));
    EXPECT_THAT(text, HasSubstr("lesson_statistics.c:22: size=8000 B, count=1, average=8000 B\n"
                                "Total: size=8000 B, count=1\n"));
    EXPECT_THAT(text, HasSubstr("lesson_statistics.c:22: size=800 B, count=1, average=800 B\n"
                                "Total: size=800 B, count=1\n"));
    EXPECT_THAT(text, Not(HasSubstr("error:"))) << text;
}

INSTANTIATE_TEST_SUITE_P(Debuggers, MarksInBreakpoints,
                         testing::Values(Debugger::gdb, Debugger::lldb), name_of);

}  // namespace
}  // namespace mt::sessions
