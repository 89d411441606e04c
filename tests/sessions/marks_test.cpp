// SPDX-License-Identifier: MIT
//
// mt mark in the commands of a breakpoint, which both debuggers run on their own:
// what was allocated from one hit to the next.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "subprocess.h"

namespace mt::sessions {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

const fs::path kStage = MEMTRACE_STAGE;
const fs::path kProgram = fs::path(MEMTRACE_PROGRAMS) / "lesson_statistics";
constexpr const char* kReports =
    "mt snapshot all --blocks\nmt stats --since columns\nmt stats --since 13\n"
    "mt stats --since 2 --until 3\nmt list\n";

constexpr const char* kGdb = R"(set confirm off
set debuginfod enabled off
mt preload
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

class MarksInBreakpoints : public testing::TestWithParam<const char*> {
  protected:
    MarksInBreakpoints() {
        work_ = fs::path(testing::TempDir()) /
                (std::string("memtrace-marks-") + GetParam() + '-' + std::to_string(getpid()));
        fs::create_directories(work_);
    }
    ~MarksInBreakpoints() override {
        if (!HasFailure()) fs::remove_all(work_);
    }

    std::string said() {
        const bool gdb = std::string_view(GetParam()) == "gdb";
        std::ofstream out(work_ / "script");
        if (gdb) out << "source " << (kStage / "share/memtrace/gdb/memtrace.py").string() << '\n';
        if (!gdb)
            out << "plugin load " << (kStage / "lib/memtrace/libmemtrace_lldb.so").string() << '\n';
        out << (gdb ? kGdb : kLldb) << kReports;
        out.close();
        const std::vector<std::string> words =
            gdb ? std::vector<std::string>{"-nx", "-batch", "-x", "script", kProgram.string()}
                : std::vector<std::string>{"--no-lldbinit", "--no-use-colors", "--batch", "-s",
                                           "script",        kProgram.string()};
        const Outcome outcome =
            run_program(gdb ? MEMTRACE_GDB_PROGRAM : MEMTRACE_LLDB_PROGRAM, words, work_, 120s);
        EXPECT_NE(outcome.status, -1) << "no end, see " << work_;
        return outcome.output;
    }

    fs::path work_;
};

TEST_P(MarksInBreakpoints, TellOneHitFromTheNext) {
    const std::string text = said();
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

INSTANTIATE_TEST_SUITE_P(Debuggers, MarksInBreakpoints, testing::Values("gdb", "lldb"),
                         [](const auto& of) { return std::string(of.param); });

}  // namespace
}  // namespace mt::sessions
