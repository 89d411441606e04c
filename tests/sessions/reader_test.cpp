// SPDX-License-Identifier: MIT
//
// The stand-alone reader: its command line, its exit status, live processes that go on as they
// were, saved snapshots, differences. What its reports say is the scenarios' business.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include "in_debugger.h"

namespace mt::sessions {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
namespace fs = std::filesystem;

class Reader : public testing::Test {
  protected:
    Outcome read(const std::vector<std::string>& words) const {
        return run_program(debugger_program(Debugger::reader), words, work_, 60s);
    }
    Outcome shell(const std::string& script) const {
        return run_program("bash",
                           {"-c", "reader=" + debugger_program(Debugger::reader) + "\n" + script},
                           work_, 120s);
    }
    // A core of a program that was stopped in `function`, by GDB.
    fs::path core_of(const std::string& program, const std::string& function) {
        const fs::path core = work_ / (program + ".core");
        std::ofstream(work_ / "script") << "set debuginfod enabled off\nset confirm off\nsource "
                                        << (kStage / "share/memtrace/gdb/memtrace.py").string()
                                        << "\nmt preload\nmt start 8 --stamps\nbreak " << function
                                        << "\nrun\ngcore " << core.string() << "\nkill\n";
        const Outcome made = run_program(
            debugger_program(Debugger::gdb),
            {"-nx", "-batch", "-x", "script", (kPrograms / program).string()}, work_, 120s);
        EXPECT_TRUE(fs::exists(core)) << made.output;
        return core;
    }
    // Starts a real program of three threads in the background, waits until its table can be read.
    std::string traced() const {
        return "LD_PRELOAD=" + (kStage / "lib/libmemtrace.so").string() + " MEMTRACE=8 " +
               "PYTHONMALLOC=malloc /usr/bin/python3 -c \"import threading, time\nfor i in "
               "range(2): "
               "threading.Thread(target=lambda: [str(n) for n in range(10**9)], daemon=True)"
               ".start()\ntime.sleep(60)\" & pid=$!\n"
               "for i in $(seq 100); do $reader $pid status >/dev/null 2>&1 && "
               "test $(ls /proc/$pid/task | wc -l) = 3 && break; sleep 0.1; done\n";
    }

    test::TestFolder work_{"reader"};
};

TEST_F(Reader, SaysWhatIsWrongWithItsWords) {
    const std::pair<std::vector<std::string>, const char*> mistakes[] = {
        {{}, "memtrace: which core, process or saved snapshot?"},
        {{"--colour"}, "memtrace: unknown option --colour"},
        {{"-c"}, "memtrace: -c takes a command"},
        {{"x", "frobnicate"}, "memtrace: frobnicate is no command, and there is no such file"},
        {{"diff", "x"}, "memtrace: diff takes two cores or saved snapshots"},
        {{"nothing.core"}, "error: cannot read nothing.core: No such file or directory"},
        {{"999999999"}, "error: cannot read process 999999999: "},
        {{"/bin/sh", "status"},
         "error: /bin/sh is a program or library, neither a core nor a saved snapshot"},
        {{"packed.zst", "status"}, "error: packed.zst is compressed; unpack it first"},
        {{"text", "status"}, "error: cannot load text: it is no pprof profile"}};
    std::ofstream(work_ / "packed.zst") << "\x28\xb5\x2f\xfd and more";
    std::ofstream(work_ / "text") << "a text";
    for (const auto& [words, error] : mistakes) {
        const Outcome outcome = read(words);
        EXPECT_EQ(outcome.status, 2) << error;
        EXPECT_THAT(outcome.output, StartsWith(error));
    }
    EXPECT_EQ(read({"--help"}).status, 0);
    EXPECT_THAT(read({"--version"}).output, StartsWith("memtrace "));
}

TEST_F(Reader, HelpFits80Columns) {
    std::istringstream in(read({"--help"}).output);
    for (std::string line; std::getline(in, line);) EXPECT_LE(line.size(), 80u) << line;
}

TEST_F(Reader, EndsWith1WhereLeaksAre) {
    const std::string core = core_of("lesson_leak", "lesson_done");
    Outcome outcome = read({core, "leaks", "-n", "1"});
    EXPECT_EQ(outcome.status, 1) << outcome.output;
    EXPECT_THAT(outcome.output, HasSubstr("definitely lost: size="));
    outcome = read({core, "leaks", "--blocks", "--json"});
    EXPECT_EQ(outcome.status, 1);
    EXPECT_EQ(read({core, "snapshot", "-n", "1"}).status, 0);
    // All of them are wanted.
    std::ofstream(work_ / "wanted") << "leak:lesson_leak\n";
    EXPECT_EQ(read({core, "leaks", "--suppressions", "wanted"}).status, 0);
    EXPECT_EQ(read({core, "leaks", "--by", "colour"}).status, 2);
}

// Blocks that only a register holds, a vector one too, are no leaks here either.
TEST_F(Reader, FindsTheLeaksThatGdbFinds) {
    const fs::path core = work_ / "leaky.core";
    std::ofstream(work_ / "make") << "set confirm off\nset debuginfod enabled off\nsource "
                                  << (kStage / "share/memtrace/gdb/memtrace.py").string()
                                  << "\nmt preload\nmt start\nbreak *leaky_ready\nrun\ngcore "
                                  << core.string() << "\nkill\n";
    const std::string program = kPrograms / "leaky_optimised";
    run_program(debugger_program(Debugger::gdb),
                {"-nx", "-batch", "-x", "make", "--args", program, work_ / "list",
                 kPrograms / "libleaky_library.so"},
                work_, 120s);
    ASSERT_TRUE(fs::exists(core));
    const std::string command = "leaks --kinds definite,indirect,possible,reachable -n 0 --blocks";
    std::ofstream(work_ / "ask") << "set debuginfod enabled off\nsource "
                                 << (kStage / "share/memtrace/gdb/memtrace.py").string()
                                 << "\nfile " << program << "\ncore-file " << core.string()
                                 << "\npython print('--')\nmt " << command << "\nmt leaks -n 0\n";
    const std::string theirs =
        run_program(debugger_program(Debugger::gdb), {"-nx", "-batch", "-x", "ask"}, work_, 120s)
            .output;
    const std::string ours = read({core, "-c", command, "-c", "leaks -n 0"}).output;
    const auto begin = theirs.find("--\n");
    ASSERT_NE(begin, std::string::npos) << theirs;
    EXPECT_EQ(theirs.substr(begin + 3), ours);
    EXPECT_THAT(ours, HasSubstr("definitely lost: size="));
}

TEST_F(Reader, TakesCommandsFromWordsFilesAndItsInput) {
    const std::string core = core_of("lesson_leak", "lesson_done");
    const std::string words = read({core, "-c", "snapshot -n 1", "-c", "mt list"}).output;
    EXPECT_THAT(words, HasSubstr("Total: size="));
    EXPECT_THAT(words, HasSubstr("\n1: size="));
    std::ofstream(work_ / "lines") << "snapshot -n 1\n\nmt list\n";
    EXPECT_EQ(read({"-x", "lines", core}).output, words);
    EXPECT_EQ(shell("$reader " + core + " <lines").output, words);
    EXPECT_THAT(read({"--echo", "-x", "lines", core}).output, StartsWith("(memtrace) snapshot"));
    EXPECT_EQ(read({core, "-x", "no lines"}).status, 2);
}

TEST_F(Reader, DoesNothingThatOnlyADebuggerCan) {
    const std::string core = core_of("lesson_leak", "lesson_done");
    EXPECT_EQ(read({core, "start"}).status, 2);
    const Outcome outcome = shell(traced() + "$reader $pid start; $reader $pid leaks; kill $pid");
    EXPECT_THAT(outcome.output,
                HasSubstr("memtrace only reads; mt start is for memtrace-gdb and memtrace-lldb"));
    EXPECT_THAT(outcome.output, HasSubstr("needs a process that stands still: memtrace --stop"));
}

// One that runs stays untouched; one that is stopped for a command goes on, untraced.
TEST_F(Reader, AProcessGoesOnAsItWas) {
    const Outcome outcome =
        shell(traced() +
              "$reader $pid snapshot -n 1 || echo failed\n"
              "$reader --stop $pid -c 'leaks -n 1' -c 'snapshot -n 1'; echo status $?\n"
              "grep TracerPid /proc/$pid/status\nbefore=$(awk '{print $14+$15}' /proc/$pid/stat)\n"
              "sleep 0.3\nafter=$(awk '{print $14+$15}' /proc/$pid/stat)\n"
              "test $after -gt $before && echo it works\nkill $pid");
    EXPECT_THAT(outcome.output, Not(HasSubstr("failed")));
    EXPECT_THAT(outcome.output, HasSubstr("searched: "));
    EXPECT_THAT(outcome.output, HasSubstr("registers of 3 threads"));
    EXPECT_THAT(outcome.output, HasSubstr("TracerPid:\t0"));
    EXPECT_THAT(outcome.output, HasSubstr("it works"));
    EXPECT_THAT(outcome.output, Not(HasSubstr("status 2")));
}

// The kernel lets it go, whatever becomes of the reader.
TEST_F(Reader, AKilledReaderLeavesAProcessThatRuns) {
    const Outcome outcome = shell(
        traced() +
        "for i in 1 2 3 4 5; do timeout -s KILL 0.0$i $reader --stop $pid leaks >/dev/null 2>&1; "
        "done\nsleep 0.2; grep -E 'State|TracerPid' /proc/$pid/status; kill $pid");
    EXPECT_THAT(outcome.output, HasSubstr("TracerPid:\t0"));
    EXPECT_THAT(outcome.output, Not(HasSubstr("State:\tt")));
    EXPECT_THAT(outcome.output, Not(HasSubstr("State:\tT")));
}

// One that stood still already still does.
TEST_F(Reader, AStoppedProcessStaysStopped) {
    const Outcome outcome = shell(traced() +
                                  "kill -STOP $pid; sleep 0.2\n$reader --stop $pid leaks -n 1 "
                                  ">/dev/null\ngrep State /proc/$pid/status\n"
                                  "kill -9 $pid");
    EXPECT_THAT(outcome.output, HasSubstr("State:\tT"));
}

TEST_F(Reader, AnswersOfSavedSnapshots) {
    const std::string core = core_of("lesson_leak", "lesson_done");
    EXPECT_EQ(read({core, "-c", "snapshot --blocks -n 1", "-c", "save kept.pb.gz --blocks"}).status,
              0);
    EXPECT_THAT(read({"kept.pb.gz", "stats", "-n", "1"}).output, HasSubstr("Total: size="));
    EXPECT_THAT(read({"kept.pb.gz", "blocks", "saved", "-n", "1"}).output, StartsWith("0x"));
    const Outcome same = read({"diff", core, "kept.pb.gz"});
    EXPECT_EQ(same.status, 0) << same.output;
    EXPECT_THAT(same.output, HasSubstr("Total: size="));
    EXPECT_EQ(read({"diff", core, "nothing"}).status, 2);
}

// At a terminal: what is typed, history by the arrow, TAB, Ctrl-C, and the way out.
TEST_F(Reader, HasAPromptAtATerminal) {
    const std::string core = core_of("lesson_leak", "lesson_done");
    const Outcome outcome = shell(
        "(sleep 1; printf 'peak\\n'; sleep 1; printf 'snapsh\\t-n 1\\n'; sleep 1; "
        "printf '\\033[A\\n'; sleep 1; printf 'quit\\n'; sleep 1) | "
        "TERM=xterm script -qefc \"$reader " +
        core + "\" /dev/null");
    EXPECT_EQ(outcome.status, 0) << outcome.output;
    EXPECT_THAT(outcome.output, HasSubstr("(memtrace) "));
    std::size_t totals = 0;
    // Rows are a table there.
    for (std::size_t at = 0; (at = outcome.output.find("  Total", at)) != std::string::npos; ++at)
        ++totals;
    EXPECT_EQ(totals, 3u) << outcome.output;
}

}  // namespace
}  // namespace mt::sessions
