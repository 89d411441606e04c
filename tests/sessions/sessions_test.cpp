// SPDX-License-Identifier: MIT
//
// Each scenario, run in GDB and in LLDB, live and on cores that gcore and the
// kernel wrote at the same stop, alone and beside an idle thread: one text.
//
// MEMTRACE_UPDATE_GOLDEN=1 writes the golden texts from GDB; read the difference
// before committing it.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <stdexcept>

#include "golden.h"
#include "scenario.h"
#include "script.h"
#include "subprocess.h"
#include "support/test_folder.h"

namespace mt::sessions {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

const fs::path kScenarios = MEMTRACE_SCENARIOS;
const fs::path kGolden = MEMTRACE_GOLDEN;
constexpr auto kDeadline = 120s;

bool updates_golden() { return std::getenv("MEMTRACE_UPDATE_GOLDEN") != nullptr; }

std::vector<std::string> scenario_names() {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(kScenarios))
        if (entry.path().extension() == ".txt") names.push_back(entry.path().stem().string());
    std::sort(names.begin(), names.end());
    return names;
}

class Sessions : public testing::TestWithParam<std::string> {
  protected:
    void SetUp() override {
        scenario_ = read_scenario(kScenarios / (GetParam() + ".txt"));
        golden_file_ = kGolden / (GetParam() + ".txt");
    }

    // One debugger session in a folder of its own; its answers.
    std::vector<Answer> run(const std::string& title, Session session) {
        Places places{MEMTRACE_STAGE, MEMTRACE_PROGRAMS, MEMTRACE_SOURCES, work_ / title};
        fs::create_directories(places.work);
        if (!session.save_as.empty()) session.save_as = places.work / session.save_as;
        const fs::path script = places.work / "script.txt";
        std::ofstream(script) << script_of(scenario_, session, places);
        const Outcome outcome = run_program(debugger_program(session.debugger),
                                            command_line(session, script), places.work, kDeadline);
        std::ofstream(places.work / "output.txt") << outcome.output;
        if (outcome.status == -1)
            throw std::runtime_error("no end after the deadline, see " + places.work.string());
        try {
            return answers_of(scenario_, session, outcome.output, places);
        } catch (const std::runtime_error& error) {
            throw std::runtime_error(std::string(error.what()) + ", see " + places.work.string() +
                                     "/output.txt:\n" + outcome.output);
        }
    }

    void compare(const std::string& title, const Session& session) {
        SCOPED_TRACE(title);
        try {
            const std::vector<Answer> answers = run(title, session);
            const Golden golden = expected(answers);
            EXPECT_EQ(session.core.empty() ? golden.live() : golden.core(), rendered(answers))
                << "see " << work_ / title << " and " << golden_file_.string();
        } catch (const std::runtime_error& error) {
            ADD_FAILURE() << error.what();
        }
    }

    // Without a golden text the first session, live in GDB, sets it.
    Golden expected(const std::vector<Answer>& answers) {
        if (scenario_.golden) return Golden::read(golden_file_);
        if (!first_) first_ = Golden::make(scenario_, answers, {});
        return *first_;
    }

    bool in(const std::string& debugger) const {
        return std::count(scenario_.debuggers.begin(), scenario_.debuggers.end(), debugger) > 0;
    }

    void everywhere(bool idle_thread) {
        const std::string suffix = idle_thread ? "-idle" : "";
        const fs::path save = scenario_.has_core() ? "saved.gcore" : "";
        if (in("gdb")) compare("gdb" + suffix, {Debugger::gdb, {}, save, idle_thread});
        if (in("lldb")) compare("lldb" + suffix, {Debugger::lldb, {}, {}, idle_thread});
        if (!scenario_.has_core()) return;
        const fs::path directory = work_ / ("gdb" + suffix);
        on_core("gcore" + suffix, directory / "saved.gcore");
        try {
            on_core("kernel-core" + suffix, kernel_core(directory));
        } catch (const std::runtime_error& error) {
            ADD_FAILURE() << error.what();
        }
    }

    void on_core(const std::string& title, const fs::path& core) {
        compare(title + "-in-gdb", {Debugger::gdb, core, {}, false});
        if (in("lldb")) compare(title + "-in-lldb", {Debugger::lldb, core, {}, false});
        if (scenario_.reader) compare(title + "-in-reader", {Debugger::reader, core, {}, false});
    }

    void update_golden() {
        const Session live{in("gdb") ? Debugger::gdb : Debugger::lldb,
                           {},
                           scenario_.has_core() ? "saved.gcore" : "",
                           false};
        const std::vector<Answer> live_answers = run("golden", live);
        std::vector<Answer> core_answers;
        if (scenario_.has_core())
            core_answers =
                run("golden-core", {Debugger::gdb, work_ / "golden/saved.gcore", {}, false});
        Golden::make(scenario_, live_answers, core_answers).write(golden_file_);
    }

    Scenario scenario_;
    fs::path golden_file_;
    test::TestFolder work_{"session"};
    std::optional<Golden> first_;
};

TEST_P(Sessions, SayTheSameEverywhere) {
    if (updates_golden() && scenario_.golden) update_golden();
    everywhere(false);
    if (scenario_.idle_thread) everywhere(true);
}

INSTANTIATE_TEST_SUITE_P(Scenarios, Sessions, testing::ValuesIn(scenario_names()),
                         [](const auto& parameter) { return parameter.param; });

// A scenario dropped from the folder would otherwise take its test along.
TEST(SessionsAsAWhole, EveryGoldenTextHasItsScenario) {
    const std::vector<std::string> names = scenario_names();
    EXPECT_FALSE(names.empty());
    for (const auto& entry : fs::directory_iterator(kGolden)) {
        const std::string name = entry.path().stem().string();
        EXPECT_TRUE(std::count(names.begin(), names.end(), name) == 1) << name;
    }
}

}  // namespace
}  // namespace mt::sessions
