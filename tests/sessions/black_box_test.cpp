// SPDX-License-Identifier: MIT
//
// A black box in the hands of people: the reader, GDB and LLDB show what the process had, say what
// the file is and what it lacks; a live process says where its box is, a core of it, too.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "in_debugger.h"

namespace mt::sessions {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;
namespace fs = std::filesystem;

std::string traced(const std::string& setting) {
    return "MEMTRACE=" + setting + " LD_PRELOAD=" + (kStage / "lib/libmemtrace.so").string() + " ";
}

class BlackBoxBase : public testing::Test {
  protected:
    Outcome shell(const std::string& script) const {
        return run_program("bash",
                           {"-c", "reader=" + debugger_program(Debugger::reader) + "\n" + script},
                           work_, 120s);
    }
    void kill_one() const {
        const Outcome outcome = shell(traced("32,file=box") + (kPrograms / "lesson_box").string());
        EXPECT_EQ(outcome.status, 128 + 9) << outcome.output;
        ASSERT_TRUE(fs::exists(work_ / "box"));
    }
    // One that runs, whose number is $pid, once all of it is in the box.
    static std::string start_one() {
        return traced("32,file=box") + (kPrograms / "lesson_box").string() +
               " stay & pid=$!\n"
               "for i in $(seq 100); do $reader box snapshot -n 1 2>/dev/null | "
               "grep -q 'count=300' && break; sleep 0.1; done\n";
    }

    test::TestFolder work_{"box"};
};

using BlackBoxFile = BlackBoxBase;
class BlackBox : public BlackBoxBase, public testing::WithParamInterface<Debugger> {};

TEST_F(BlackBoxFile, IsReadByTheReaderWithLines) {
    kill_one();
    const Outcome snapshot = shell("$reader box snapshot -n 3");
    EXPECT_EQ(snapshot.status, 0) << snapshot.output;
    EXPECT_THAT(snapshot.output, HasSubstr("lesson_box.c:"));
    EXPECT_THAT(snapshot.output, HasSubstr("remark: this is the black box of process "));
    EXPECT_THAT(snapshot.output, HasSubstr("lesson_box, which has ended; it has the trace table"));
    EXPECT_THAT(snapshot.output, Not(HasSubstr("incomplete")));
    const Outcome status = shell("$reader box status");
    EXPECT_THAT(status.output, HasSubstr("black box: " + fs::canonical(work_ / "box").string()));
    EXPECT_THAT(status.output, HasSubstr("losses: none"));
    for (const char* command : {"leaks", "refs 0x1000", "retained"}) {
        const Outcome refused = shell(std::string("$reader box ") + command);
        EXPECT_EQ(refused.status, 2) << command;
        EXPECT_THAT(refused.output, HasSubstr("a black box has no registers, stacks and memory"));
    }
}

TEST_F(BlackBoxFile, OfARunningProcessIsReadMeanwhile) {
    const Outcome outcome =
        shell(start_one() + "$reader box status; $reader $pid status; kill -9 $pid");
    EXPECT_THAT(outcome.output, HasSubstr("which runs; it has"));
    const std::string line = "black box: " + fs::canonical(work_ / "box").string() + "\n";
    const auto first = outcome.output.find(line);
    ASSERT_NE(first, std::string::npos) << outcome.output;
    EXPECT_NE(outcome.output.find(line, first + 1), std::string::npos) << outcome.output;
}

// Debuggers find no modules in it; the file of each says at least what its functions are called.
TEST_P(BlackBox, IsOpenedByTheDebugger) {
    kill_one();
    std::ofstream(work_ / "script")
        << (GetParam() == Debugger::gdb
                ? "set confirm off\nset debuginfod enabled off\nset width 0\nsource " +
                      (kStage / "share/memtrace/gdb/memtrace.py").string()
                : "plugin load " + (kStage / "lib/memtrace/libmemtrace_lldb.so").string() +
                      "\ntarget create -c box")
        << "\nmt status\nmt snapshot -n 3\nmt blocks -n 2\n";
    const std::vector<std::string> words =
        GetParam() == Debugger::gdb
            ? std::vector<std::string>{"-nx", "-batch", "-c", "box", "-x", "script"}
            : std::vector<std::string>{"--no-lldbinit", "--no-use-colors", "--batch", "-o",
                                       "command source -e false -c false -s false script"};
    const std::string said = run_program(debugger_program(GetParam()), words, work_, 120s).output;
    const std::string read = shell("$reader box -c 'snapshot -n 1' | grep ^Total").output;
    EXPECT_THAT(said, HasSubstr("this is the black box of process"));
    EXPECT_THAT(said, HasSubstr("lesson_box.c:23: size=28.6 MiB, count=300"));
    ASSERT_FALSE(read.empty());
    EXPECT_THAT(said, HasSubstr(read));
}

INSTANTIATE_TEST_SUITE_P(In, BlackBox, testing::Values(Debugger::gdb, Debugger::lldb), name_of);

TEST_F(BlackBoxFile, IsNamedByACoreOfItsProcess) {
    const Outcome outcome =
        shell(start_one() +
              "gcore -o core $pid >/dev/null 2>&1; kill -9 $pid; $reader core.$pid snapshot");
    EXPECT_THAT(outcome.output, HasSubstr("its table is in its black box: memtrace " +
                                          fs::canonical(work_ / "box").string()));
}

}  // namespace
}  // namespace mt::sessions
