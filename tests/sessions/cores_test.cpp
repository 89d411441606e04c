// SPDX-License-Identifier: MIT
//
// Cores that are damaged, cut or filtered, in both debuggers: GDB shows what a core lacks as
// zeros or as the file has it, LLDB as an error; what is said of it is the same, and is
// never a zero.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>

#include "scenario.h"
#include "script.h"
#include "subprocess.h"
#include "support/test_folder.h"

namespace mt::sessions {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

class Cores : public testing::Test {
  protected:
    void SetUp() override {
        std::ofstream(work_ / "scenario.txt")
            << "program lesson_statistics\ngolden no\nrun lesson_ready\nmt start\n"
            << "go lesson_done\ncore\nmt status\nmt snapshot\nmt scope\nmt blocks -n 1\n"
            << "mt block 16\nmt peak\n";
        scenario_ = read_scenario(work_ / "scenario.txt");
    }

    std::vector<Answer> ask(const Session& session) {
        const Places places{MEMTRACE_STAGE, MEMTRACE_PROGRAMS, MEMTRACE_SOURCES,
                            work_ / std::to_string(++asked_)};
        fs::create_directories(places.work);
        std::ofstream(places.work / "script.txt") << script_of(scenario_, session, places);
        const Outcome outcome =
            run_program(debugger_program(session.debugger),
                        command_line(session, places.work / "script.txt"), places.work, 120s);
        std::ofstream(places.work / "output.txt") << outcome.output;
        return answers_of(scenario_, session, outcome.output, places);
    }

    fs::path make_core() {
        const fs::path core = work_ / "core";
        ask({Debugger::gdb, {}, core, false});
        return core;
    }

    // Asked of the core in both debuggers, every command says `text`.
    void expect_each_says(const fs::path& core, const std::string& text) {
        for (const Debugger debugger : {Debugger::gdb, Debugger::lldb}) {
            const std::vector<Answer> answers = ask({debugger, core, {}, false});
            EXPECT_EQ(6u, answers.size());
            for (const Answer& answer : answers) {
                SCOPED_TRACE(answer.command + (debugger == Debugger::gdb ? " (GDB)" : " (LLDB)"));
                EXPECT_THAT(answer.text, HasSubstr(text));
                EXPECT_THAT(answer.text, Not(HasSubstr("without the memtrace runtime")));
            }
        }
    }

    test::TestFolder work_{"cores"};
    Scenario scenario_;
    int asked_ = 0;
};

TEST_F(Cores, WhoseTableIsDamagedSaySo) {
    const fs::path core = make_core();
    std::ifstream in(core, std::ios::binary);
    std::string bytes{std::istreambuf_iterator<char>(in), {}};
    // Its checksum, behind the magic number that the table begins with.
    const char magic[] = "memtrace tabl\r\n\x1a";
    const auto at = bytes.find(magic);
    ASSERT_NE(at, std::string::npos);
    ASSERT_EQ(bytes.find(magic, at + 1), std::string::npos);
    bytes[at + 128] ^= 1;
    std::ofstream(core, std::ios::binary) << bytes;
    expect_each_says(core, "error: the table is damaged: the checksum of its header");
}

TEST_F(Cores, ThatWereCutSaySo) {
    // The kernel's: of one that GDB wrote, whose notes are at its end, nothing can be read.
    make_core();
    const fs::path core = kernel_core(work_ / "1");
    fs::resize_file(core, fs::file_size(core) / 4);
    expect_each_says(core, "this core is cut: the file has ");
}

TEST_F(Cores, ThatWereFilteredSaySo) {
    std::ifstream before("/proc/self/coredump_filter");
    std::string filter;
    before >> filter;
    std::ofstream("/proc/self/coredump_filter") << "0x0";  // children inherit it
    const fs::path core = make_core();
    std::ofstream("/proc/self/coredump_filter") << "0x" + filter;
    expect_each_says(core, "this core is filtered: ");
}

// From their files as through the debugger: bindings, names of code and stacks as well.
TEST_F(Cores, ReadWithoutTheDebuggerSayTheSame) {
    std::string commands;
    for (const std::string command : {"status", "snapshot -n 0", "blocks -n 0", "block 16", "peak"})
        commands += "mt " + command + "\n";
    std::ofstream(work_ / "scenario.txt")
        << "program lesson_statistics\ngolden no\nrun lesson_ready\nmt start\n"
        << "go lesson_done\ncore\nmt status --json\n"
        << commands << "mt config direct off\n"
        << commands << "mt status --json\n";
    scenario_ = read_scenario(work_ / "scenario.txt");
    const fs::path gcore = make_core();
    for (const fs::path& core : {gcore, kernel_core(work_ / "1")})
        for (const Debugger debugger : {Debugger::gdb, Debugger::lldb}) {
            const std::vector<Answer> answers = ask({debugger, core, {}, false});
            ASSERT_EQ(answers.size(), 13u);
            EXPECT_THAT(answers[0].text, HasSubstr("\"direct\": true"));
            EXPECT_THAT(answers[12].text, HasSubstr("\"direct\": false"));
            for (std::size_t i = 1; i < 6; ++i)
                EXPECT_EQ(answers[i].text, answers[i + 6].text) << answers[i].command;
        }
}

}  // namespace
}  // namespace mt::sessions
