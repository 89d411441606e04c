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
#include "support/test_folder.h"

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
    long alive = -1;  // bytes; -1 = not told
};

class Scopes : public testing::TestWithParam<Debugger> {
  protected:
    Scopes() {
        scenario_.program = "scope_ledger";
        scenario_.golden = false;
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
        std::vector<Call> calls;
        const auto answers = run();
        try {
            const Json report = Json::parse(answers.at(answers.size() - 1).text);
            for (const Json& call : report.at("calls"))
                calls.push_back({call.at("call"), figures_of(call), call.at("left"),
                                 call.contains("alive") ? call["alive"]["size"].get<long>() : -1});
        } catch (const std::exception& error) {
            ADD_FAILURE() << error.what() << "\n" << text_;
        }
        return calls;
    }

    std::vector<Answer> run() {
        const Places places{MEMTRACE_STAGE, MEMTRACE_PROGRAMS, MEMTRACE_SOURCES, work_};
        const Session session{GetParam(), {}, {}, false};
        const fs::path script = work_ / "script.txt";
        std::ofstream(script) << script_of(scenario_, session, places);
        const Outcome outcome =
            run_program(debugger_program(GetParam()), command_line(session, script), work_, 240s);
        text_ = outcome.output;
        std::ofstream(work_ / "script.out") << text_;
        try {
            return answers_of(scenario_, session, outcome.output, places);
        } catch (const std::exception& error) {
            ADD_FAILURE() << error.what() << "\n" << text_;
            return {};
        }
    }

    std::vector<std::pair<std::string, Call>> named_ledger() const {
        std::ifstream in(work_ / "ledger.txt");
        std::vector<std::pair<std::string, Call>> calls;
        std::string name;
        for (Call call; in >> name >> call.number >> call.figures.allocs >> call.figures.frees >>
                        call.figures.bytes >> call.figures.net >> call.figures.peak;)
            calls.emplace_back(name, call);
        return calls;
    }
    std::vector<Call> ledger() const {
        std::vector<Call> calls;
        for (const auto& [name, call] : named_ledger()) calls.push_back(call);
        return calls;
    }

    void add_later(const std::string& command) { later_.push_back(command); }

    // From ledger_ready on traced; the answers of add_later() at ledger_done.
    std::vector<Json> run_program_scopes(const std::string& arguments) {
        scenario_.arguments = arguments + " ledger.txt";
        add(StepKind::run, "ledger_ready");
        add(StepKind::command, "mt start");
        add(StepKind::go, "ledger_done");
        for (const std::string& command : later_) add(StepKind::command, command);
        add(StepKind::go);
        std::vector<Json> reports;
        const auto answers = run();
        for (std::size_t i = 1; i < answers.size(); ++i)
            reports.push_back(Json::parse(answers[i].text, nullptr, false));
        return reports;
    }

    // A report's min, max and total, and if `every` call of it is there, each call.
    void expect_sums(const Json& report, bool every) const {
        const std::string name = report.at("scope").at("name");
        Figures least, most, total;
        std::vector<Figures> truth, measured;
        for (const auto& [of, call] : named_ledger())
            if (of == name) truth.push_back(call.figures);
        ASSERT_FALSE(truth.empty()) << name;
        least = most = truth.front();
        for (const Figures& one : truth)
            for (const auto figure : {&Figures::allocs, &Figures::frees, &Figures::bytes,
                                      &Figures::net, &Figures::peak}) {
                least.*figure = std::min(least.*figure, one.*figure);
                most.*figure = std::max(most.*figure, one.*figure);
                total.*figure += one.*figure;
            }
        total.peak = most.peak;
        EXPECT_EQ(report.at("scope").at("calls"), truth.size()) << name;
        EXPECT_EQ(report.at("scope").at("open"), 0) << name;
        EXPECT_EQ(figures_of(report.at("scope").at("min")), least) << name;
        EXPECT_EQ(figures_of(report.at("scope").at("max")), most) << name;
        EXPECT_EQ(figures_of(report.at("scope").at("total")), total) << name;
        for (const Json& call : report.at("calls")) {
            measured.push_back(figures_of(call));
            EXPECT_EQ(call.at("left"), name == "left" ? "outer" : "returned");
        }
        std::sort(measured.begin(), measured.end());
        std::sort(truth.begin(), truth.end());
        if (every) {
            EXPECT_EQ(measured, truth) << name;
        } else {
            EXPECT_TRUE(std::includes(truth.begin(), truth.end(), measured.begin(), measured.end()))
                << name;
        }
    }

    static Figures figures_of(const Json& json) {
        return {json.at("allocations"), json.at("frees"), json.at("bytes"), json.at("net"),
                json.at("peak")};
    }

    test::TestFolder work_{"scopes"};
    Scenario scenario_;
    std::vector<std::string> later_;
    std::string text_;  // all that the debugger said
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

TEST_P(Scopes, WhatIsAliveIsWhatEachCallLeaked) {
    const auto calls = measure("leaks 100 4", "request", " --by lineno");
    ASSERT_EQ(calls.size(), 100u);
    for (const Call& call : calls) EXPECT_EQ(call.alive, call.number % 10 == 0 ? 24 : 0);
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

// The program's own scopes. One thread's log may serve all four: 255 calls are kept in it.
TEST_P(Scopes, OfTheProgramEqualItsLedger) {
    for (const char* name : {"parse", "load", "store", "left"})
        add_later(std::string("mt scope ") + name + " --json -n 0");
    const auto reports = run_program_scopes("program 15 4");
    ASSERT_EQ(reports.size(), 4u);
    for (const Json& report : reports) expect_sums(report, true);
}

TEST_P(Scopes, OfTheProgramKeepExactSums) {
    for (const char* name : {"parse", "load", "store", "left"})
        add_later(std::string("mt scope ") + name + " --json -n 0");
    const auto reports = run_program_scopes("program 4000 3");
    ASSERT_EQ(reports.size(), 4u);
    for (const Json& report : reports) {
        expect_sums(report, false);
        EXPECT_EQ(report.at("remarks").size(), 1u);
        EXPECT_LE(report.at("calls").size(), 3u * 255);
    }
}

INSTANTIATE_TEST_SUITE_P(Both, Scopes, testing::Values(Debugger::gdb, Debugger::lldb),
                         [](const auto& debugger) {
                             return debugger.param == Debugger::gdb ? "gdb" : "lldb";
                         });

}  // namespace
}  // namespace mt::sessions
