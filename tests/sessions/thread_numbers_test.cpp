// SPDX-License-Identifier: MIT
//
// A thread has two numbers: memtrace's, which --thread takes, and the debugger's, which its
// `thread N` takes. Titles have both, and the second one is what the debugger's own list says.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>

#include "subprocess.h"

namespace mt::sessions {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

const fs::path kStage = MEMTRACE_STAGE;
const fs::path kPrograms = MEMTRACE_PROGRAMS;

class ThreadNumbers : public testing::TestWithParam<const char*> {
  protected:
    ThreadNumbers()
        : work_(fs::path(testing::TempDir()) /
                ("memtrace-threads-" + std::to_string(getpid()) + GetParam())) {
        fs::create_directories(work_);
    }
    ~ThreadNumbers() override { fs::remove_all(work_); }

    bool is_gdb() const { return std::string(GetParam()) == "gdb"; }

    std::string run(const std::vector<std::string>& commands) {
        std::ofstream script(work_ / "script");
        if (is_gdb())
            script << "set confirm off\nset debuginfod enabled off\nsource "
                   << (kStage / "share/memtrace/gdb/memtrace.py").string() << '\n';
        else
            script << "plugin load " << (kStage / "lib/memtrace/libmemtrace_lldb.so").string()
                   << '\n';
        for (const std::string& command : commands) script << command << '\n';
        script.close();
        const char* chosen = std::getenv(is_gdb() ? "MEMTRACE_GDB" : "MEMTRACE_LLDB");
        const std::string program = chosen != nullptr ? chosen
                                    : is_gdb()        ? MEMTRACE_GDB_PROGRAM
                                                      : MEMTRACE_LLDB_PROGRAM;
        std::vector<std::string> words =
            is_gdb() ? std::vector<std::string>{"-nx", "-batch", "-x", "script"}
                     : std::vector<std::string>{"--no-lldbinit", "-b", "-s", "script"};
        words.push_back((kPrograms / "lesson_threads").string());
        return run_program(program, words, work_, 120s).output;
    }

    fs::path work_;
};

// The first group of the pattern in the text.
std::string found(const std::string& text, const std::string& pattern) {
    std::smatch match;
    return std::regex_search(text, match, std::regex(pattern)) ? match[1].str() : "";
}

TEST_P(ThreadNumbers, AreThoseOfTheDebuggersList) {
    const char* stop = is_gdb() ? "break " : "breakpoint set --name ";
    const std::string said =
        run({"mt preload", std::string(stop) + "lesson_ready", "run", "mt start",
             std::string(stop) + "lesson_read", "continue", "mt snapshot --by thread",
             is_gdb() ? "info threads" : "thread list", "mt break --thread reader", "kill"});
    const std::string number =
        found(said, "\\(reader, tid [0-9]+; the debugger's thread ([0-9]+)\\)");
    const std::string listed = found(said, is_gdb() ? "\n\\*? *([0-9]+) +Thread [^\n]*\"reader\""
                                                    : "thread #([0-9]+): [^\n]*'reader'");
    EXPECT_NE(number, "") << said;
    EXPECT_EQ(number, listed) << said;
    EXPECT_THAT(said, testing::HasSubstr("condition 1: thread 3 (reader, tid ")) << said;
    EXPECT_EQ(found(said, "condition 1: [^\n]*the debugger's thread ([0-9]+)\\)"), number) << said;
}

INSTANTIATE_TEST_SUITE_P(Both, ThreadNumbers, testing::Values("gdb", "lldb"),
                         [](const auto& one) { return std::string(one.param); });

}  // namespace
}  // namespace mt::sessions
