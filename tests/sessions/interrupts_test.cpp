// SPDX-License-Identifier: MIT
//
// A million rows in real debuggers: Ctrl-C gives the prompt back at once and leaves the
// session as it was, memory does not grow with the output, a script that asks LLDB for the
// text gets all of it, and who waits at a terminal sees what the debugger is at.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <sstream>

#include "in_debugger.h"

namespace mt::sessions {
namespace {

using namespace std::chrono_literals;

// What both debuggers' scripts use; each finding is a line of the file `found`.
constexpr const char* kHelper = R"(import os, signal, threading, time

found = open("found", "w")
bitten = None

def say(what, *values):
    print(what, *values, file=found, flush=True)

def memory():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM:"))

def before_growth():
    global start
    open("/proc/self/clear_refs", "w").write("5")
    start = memory()

def after_growth(what):
    say(what, memory() - start)

def bite():
    global bitten
    bitten = time.monotonic()
    os.kill(os.getpid(), signal.SIGINT)

def before_bite():
    global bitten, timer
    bitten = None
    timer = threading.Timer(0.3, bite)
    timer.start()

def after_bite(what):
    now = time.monotonic()
    timer.join()
    say(what, "%.3f" % (now - bitten))
)";

// {what is asked, the command}.
const std::vector<std::pair<std::string, std::string>> kStruck = {
    {"text", "mt blocks -n 0"},
    {"json", "mt blocks -n 0 --json"},
    {"kept", "mt blocks 1 -n 0"},
    {"leaks", "mt leaks --by traceback -n 0"},
    {"retained", "mt retained -n 0"}};
const std::vector<std::pair<std::string, std::string>> kGrown = {
    {"rows", "mt blocks -n 300000"}, {"document", "mt blocks -n 20000 --json"}};

std::string gdb_script() {
    std::string text =
        "set confirm off\nset pagination off\nset debuginfod enabled off\n"
        "source " +
        (kStage / "share/memtrace/gdb/memtrace.py").string() +
        "\nmt preload\nmt start\ntbreak full\nrun\nmt snapshot --blocks -n 1\npython\n"
        "import sys\nsys.path.insert(0, '.')\nimport helper\n";
    for (const auto& [what, command] : kGrown)
        text += "helper.before_growth()\ngdb.execute('" + command + "')\nhelper.after_growth('" +
                what + "')\n";
    for (const auto& [what, command] : kStruck)
        text += "helper.before_bite()\ntry:\n    gdb.execute('" + command +
                "')\n    helper.say('finished', 1)\nexcept KeyboardInterrupt:\n    pass\n"
                "helper.after_bite('" +
                what + "')\n";
    return text + "helper.say('list', gdb.execute('mt list', to_string=True))\nend\nkill\n";
}

// Before a file is read that goes on after Ctrl-C, which only LLDB's own input does.
std::string lldb_options() {
    std::string text = " --no-lldbinit";
    for (const std::string& command :
         {"plugin load " + (kStage / "lib/memtrace/libmemtrace_lldb.so").string(),
          std::string("mt preload"), std::string("mt start"),
          std::string("breakpoint set --one-shot true --name full"), std::string("process launch")})
        text += " -o '" + command + "'";
    return text + " <script ";
}

std::string lldb_script() {
    std::string text =
        "mt snapshot --blocks -n 1\n"
        "script import sys; sys.path.insert(0, '.'); import helper, json\n";
    for (const auto& [what, command] : kGrown)
        text += "script helper.before_growth()\n" + command + "\nscript helper.after_growth('" +
                what + "')\n";
    text +=
        "script result = lldb.SBCommandReturnObject()\n"
        "script lldb.debugger.GetCommandInterpreter().HandleCommand("
        "'mt blocks -n 20000 --json', result)\n"
        "script helper.say('script', len(json.loads(result.GetOutput())['blocks']))\n";
    for (const auto& [what, command] : kStruck)
        text += "script helper.before_bite()\n" + command + "\nscript helper.after_bite('" + what +
                "')\n";
    return text +
           "script lldb.debugger.GetCommandInterpreter().HandleCommand('mt list', result)\n"
           "script helper.say('list', result.GetOutput())\nprocess kill\nquit\n";
}

class ManyRows : public InDebugger {
  protected:
    // What the script found; the debugger's own output is not kept.
    std::map<std::string, std::string> run() {
        std::ofstream(work_ / "helper.py") << kHelper;
        std::ofstream(work_ / "script") << (is_gdb() ? gdb_script() : lldb_script());
        const std::string options = is_gdb() ? " -nx -batch -x script " : lldb_options();
        const Outcome outcome =
            run_program("sh",
                        {"-c", debugger_program(GetParam()) + options +
                                   (kPrograms / "many_traces").string() + " >/dev/null 2>errors"},
                        work_, 240s);
        EXPECT_EQ(outcome.status, 0);
        std::map<std::string, std::string> found;
        std::ifstream in(work_ / "found");
        for (std::string line; std::getline(in, line);) {
            std::istringstream words(line);
            std::string what;
            words >> what >> std::ws;
            std::getline(words, found[what]);
        }
        return found;
    }

    std::string errors() const {
        std::ifstream in(work_ / "errors");
        return {std::istreambuf_iterator<char>(in), {}};
    }
};

TEST_P(ManyRows, AreEndedByCtrlCAndNeedNoMemory) {
    auto found = run();
    for (const auto& [what, command] : kGrown) {
        ASSERT_TRUE(found.contains(what)) << command << ": " << errors();
        // A million blocks take 24 MB; made whole, these rows take 100 MB and 300 MB.
        EXPECT_LT(std::stol(found[what]), 70'000) << command << ": KB";
    }
    EXPECT_FALSE(found.contains("finished"));
    for (const auto& [what, command] : kStruck) {
        ASSERT_TRUE(found.contains(what)) << command << ": " << errors();
        // Negative: it had ended before Ctrl-C came.
        EXPECT_GT(std::stod(found[what]), 0) << command;
        EXPECT_LT(std::stod(found[what]), 8) << command << ": seconds to the prompt";
    }
    EXPECT_EQ(found["list"].rfind("1: size=", 0), 0u) << found["list"];
    if (is_gdb()) return;
    EXPECT_EQ(found["script"], "20000");
    EXPECT_THAT(errors(), testing::HasSubstr("error: interrupted"));
}

INSTANTIATE_TEST_SUITE_P(In, ManyRows, testing::Values(Debugger::gdb, Debugger::lldb), name_of);

// Both streams are one terminal.
TEST_P(ManyRows, AreAwaitedWithALineAtTheTerminal) {
    const std::string command = "mt leaks --by traceback -n 1";
    std::ofstream(work_ / "script")
        << (is_gdb() ? "set pagination off\nset debuginfod enabled off\nsource " +
                           (kStage / "share/memtrace/gdb/memtrace.py").string() +
                           "\nmt preload\nmt start\ntbreak full\nrun\n" + command + "\nkill\n"
                     : command + "\nprocess kill\nquit\n");
    const std::string options = is_gdb() ? " -nx -batch -x script " : lldb_options();
    const Outcome outcome =
        run_program("script",
                    {"-qefc",
                     "export TERM=xterm; stty cols 80; " + debugger_program(GetParam()) + options +
                         (kPrograms / "many_traces").string(),
                     "terminal"},
                    work_, 240s);
    std::ifstream in(work_ / "terminal");
    const std::string shown{std::istreambuf_iterator<char>(in), {}};
    const std::size_t line = shown.find(" ...\x1b[K");
    const std::size_t bar = shown.find("] ");
    ASSERT_TRUE(line != std::string::npos || bar != std::string::npos) << shown;
    // It is gone before the rows come.
    const std::size_t gone = shown.rfind("\r\x1b[K");
    ASSERT_NE(gone, std::string::npos) << shown;
    EXPECT_LT(gone, shown.find("definite")) << shown;
}

}  // namespace
}  // namespace mt::sessions
