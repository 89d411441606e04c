// SPDX-License-Identifier: MIT
//
// mt scope against the ledger that the program keeps: every figure of every call, in both
// debuggers, whatever way a call is left.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>

#include "scenario.h"
#include "script.h"
#include "subprocess.h"

namespace mt::sessions {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using Json = nlohmann::json;

struct Figures {
    long allocs = 0, frees = 0, bytes = 0, net = 0, peak = 0;
    bool operator==(const Figures&) const = default;
    auto operator<=>(const Figures&) const = default;
    friend std::ostream& operator<<(std::ostream& out, const Figures& f) {
        return out << f.allocs << ' ' << f.frees << ' ' << f.bytes << ' ' << f.net << ' ' << f.peak;
    }
};

struct Call {
    long number = 0;
    Figures figures;
    std::string left;
};

class Scopes : public testing::TestWithParam<Debugger> {
  protected:
    Scopes() {
        std::string name = testing::UnitTest::GetInstance()->current_test_info()->name();
        std::replace(name.begin(), name.end(), '/', '-');
        work_ = fs::path(testing::TempDir()) /
                ("memtrace-scopes-" + name + '-' + std::to_string(getpid()));
        fs::create_directories(work_);
        scenario_.program = "scope_ledger";
        scenario_.golden = false;
    }
    ~Scopes() override {
        if (!HasFailure()) fs::remove_all(work_);
    }

    static std::string program(Debugger debugger) {
        const bool gdb = debugger == Debugger::gdb;
        const char* chosen = std::getenv(gdb ? "MEMTRACE_GDB" : "MEMTRACE_LLDB");
        return chosen != nullptr ? chosen : gdb ? MEMTRACE_GDB_PROGRAM : MEMTRACE_LLDB_PROGRAM;
    }

    void add(StepKind kind, const std::string& text = "") {
        Step step;
        step.kind = kind;
        (kind == StepKind::command ? step.text : step.function) = text;
        scenario_.steps.push_back(step);
    }

    // `function` is measured from ledger_ready to ledger_done; the last answer is the report.
    std::vector<Call> measure(const std::string& arguments, const std::string& function,
                              const std::string& options = "") {
        scenario_.arguments = arguments + " ledger.txt";
        add(StepKind::run, "ledger_ready");
        add(StepKind::command, "mt start");
        add(StepKind::command, "mt scope " + function + options);
        add(StepKind::go, "ledger_done");
        add(StepKind::command, "mt scope " + function + " --json -n 0");
        add(StepKind::go);
        const Places places{MEMTRACE_STAGE, MEMTRACE_PROGRAMS, MEMTRACE_SOURCES, work_};
        const Session session{GetParam(), {}, {}, false};
        const fs::path script = work_ / "script.txt";
        std::ofstream(script) << script_of(scenario_, session, places);
        const Outcome outcome =
            run_program(program(GetParam()), command_line(session, script), work_, 240s);
        std::ofstream(work_ / "script.out") << outcome.output;
        std::vector<Call> calls;
        try {
            const auto answers = answers_of(scenario_, session, outcome.output, places);
            const Json report = Json::parse(answers.at(answers.size() - 1).text);
            for (const Json& call : report.at("calls"))
                calls.push_back({call.at("call").get<long>(),
                                 {call.at("allocations"), call.at("frees"), call.at("bytes"),
                                  call.at("net"), call.at("peak")},
                                 call.at("left")});
        } catch (const std::exception& error) {
            ADD_FAILURE() << error.what() << "\n" << outcome.output;
        }
        return calls;
    }

    std::vector<Call> ledger() const {
        std::ifstream in(work_ / "ledger.txt");
        std::vector<Call> calls;
        std::string name;
        for (Call call; in >> name >> call.number >> call.figures.allocs >> call.figures.frees >>
                        call.figures.bytes >> call.figures.net >> call.figures.peak;)
            calls.push_back(call);
        return calls;
    }

    fs::path work_;
    Scenario scenario_;
};

TEST_P(Scopes, EveryTenthCallLeaksWhileFourThreadsWork) {
    const auto calls = measure("leaks 1000 4", "request");
    const auto truth = ledger();
    ASSERT_EQ(truth.size(), 1000u);
    ASSERT_EQ(calls.size(), 1000u);
    long leaking = 0;
    for (std::size_t i = 0; i < calls.size(); ++i) {
        EXPECT_EQ(calls[i].number, truth[i].number);
        EXPECT_EQ(calls[i].figures, truth[i].figures) << "call " << truth[i].number;
        EXPECT_EQ(calls[i].left, "returned");
        EXPECT_EQ(calls[i].figures.net, calls[i].number % 10 == 0 ? 24 : 0);
        leaking += calls[i].figures.net != 0;
    }
    EXPECT_EQ(leaking, 100);
}

TEST_P(Scopes, RecursionIsMeasuredCallByCall) {
    const auto calls = measure("nests 30 0", "descend");
    auto truth = ledger();
    ASSERT_EQ(calls.size(), 30u);
    ASSERT_EQ(truth.size(), 30u);
    // The ledger is written from the innermost call outwards, and numbers by level.
    for (std::size_t i = 0; i < calls.size(); ++i)
        EXPECT_EQ(calls[i].figures, truth[truth.size() - 1 - i].figures);
}

TEST_P(Scopes, ThreadsAtOnceHaveEachTheirOwn) {
    const auto calls = measure("crowd 40 4", "request");
    std::vector<Figures> measured, truth;
    for (const Call& call : calls) measured.push_back(call.figures);
    for (const Call& call : ledger()) truth.push_back(call.figures);
    std::sort(measured.begin(), measured.end());
    std::sort(truth.begin(), truth.end());
    EXPECT_EQ(measured.size(), 160u);
    EXPECT_EQ(measured, truth);
}

// The ledger does not know what the C++ runtime allocates for an exception.
TEST_P(Scopes, ACallLeftByAnExceptionEnds) {
    const auto calls = measure("throws 30 0", "thrower");
    const auto truth = ledger();
    ASSERT_EQ(calls.size(), 30u);
    for (std::size_t i = 0; i < calls.size(); ++i) {
        const bool threw = calls[i].number % 3 == 0;
        EXPECT_EQ(calls[i].left, threw ? "jumped" : "returned") << calls[i].number;
        EXPECT_EQ(calls[i].figures.net, truth[i].figures.net);
        if (!threw) {
            EXPECT_EQ(calls[i].figures, truth[i].figures);
        }
    }
}

TEST_P(Scopes, ACallLeftByLongjmpEnds) {
    const auto calls = measure("jumps 30 0", "jumper");
    const auto truth = ledger();
    ASSERT_EQ(calls.size(), 30u);
    for (std::size_t i = 0; i < calls.size(); ++i) {
        EXPECT_EQ(calls[i].left, calls[i].number % 3 == 0 ? "jumped" : "returned");
        EXPECT_EQ(calls[i].figures, truth[i].figures) << calls[i].number;
    }
}

TEST_P(Scopes, ACallEndsWithItsThread) {
    const auto calls = measure("ends 1 0", "forever");
    ASSERT_EQ(calls.size(), 1u);
    EXPECT_EQ(calls[0].left, "exited");
    EXPECT_GE(calls[0].figures.bytes, 40);
}

TEST_P(Scopes, NoMoreCallsThanAskedFor) {
    const auto calls = measure("leaks 50 0", "request", " --calls 20");
    ASSERT_EQ(calls.size(), 20u);
    EXPECT_EQ(calls.back().number, 20);
    EXPECT_EQ(calls.back().figures.net, 24);
}

// Alone the whole process is the thread.
TEST_P(Scopes, TheProcessHasThePeakOfAllThreads) {
    const auto calls = measure("leaks 20 0", "request", " --thread any");
    const auto truth = ledger();
    ASSERT_EQ(calls.size(), 20u);
    for (std::size_t i = 0; i < calls.size(); ++i)
        EXPECT_EQ(calls[i].figures, truth[i].figures) << calls[i].number;
}

INSTANTIATE_TEST_SUITE_P(Both, Scopes, testing::Values(Debugger::gdb, Debugger::lldb),
                         [](const auto& debugger) {
                             return debugger.param == Debugger::gdb ? "gdb" : "lldb";
                         });

}  // namespace
}  // namespace mt::sessions
