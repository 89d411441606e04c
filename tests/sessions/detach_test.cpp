// SPDX-License-Identifier: MIT
//
// After detach the program runs on without the debugger: no command may say that it has
// exited, snapshots stay, and mt start is about the next run.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
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
const fs::path kPrograms = MEMTRACE_PROGRAMS;

class Detach : public testing::TestWithParam<const char*> {
  protected:
    Detach()
        : work_(fs::path(testing::TempDir()) /
                ("memtrace-detach-" + std::to_string(getpid()) + GetParam())) {
        fs::create_directories(work_);
    }
    ~Detach() override { fs::remove_all(work_); }

    bool is_gdb() const { return std::string(GetParam()) == "gdb"; }

    // What was said to `commands`; an error does not end them.
    std::string run(const std::vector<std::string>& commands) {
        std::ofstream script(work_ / "script");
        if (is_gdb())
            script << "set confirm off\nset debuginfod enabled off\nsource "
                   << (kStage / "share/memtrace/gdb/memtrace.py").string() << '\n';
        else
            script << "plugin load " << (kStage / "lib/memtrace/libmemtrace_lldb.so").string()
                   << '\n';
        for (const std::string& command : commands)
            script << (is_gdb() ? "python\ntry:\n    gdb.execute('" + command +
                                      "')\nexcept gdb.error as error:\n    print('error: %s' % "
                                      "error)\nend\n"
                                : command + '\n');
        script.close();
        const char* chosen = std::getenv(is_gdb() ? "MEMTRACE_GDB" : "MEMTRACE_LLDB");
        const std::string program = chosen != nullptr ? chosen
                                    : is_gdb()        ? MEMTRACE_GDB_PROGRAM
                                                      : MEMTRACE_LLDB_PROGRAM;
        std::vector<std::string> words =
            is_gdb() ? std::vector<std::string>{"-nx", "-batch", "-x"}
                     : std::vector<std::string>{"--no-lldbinit", "-b", "-o"};
        words.push_back(is_gdb() ? "script" : "command source -e false -c false -s false script");
        words.push_back((kPrograms / "runs_on").string());
        return run_program(program, words, work_, 120s).output;
    }

    fs::path work_;
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

INSTANTIATE_TEST_SUITE_P(In, Detach, testing::Values("gdb", "lldb"),
                         [](const auto& one) { return std::string(one.param); });

}  // namespace
}  // namespace mt::sessions
