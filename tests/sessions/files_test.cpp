// SPDX-License-Identifier: MIT
//
// A snapshot saved in one debugger and loaded in the other, where its program does
// not run: every report is the one that was made before.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <stdexcept>

#include "scenario.h"
#include "script.h"
#include "subprocess.h"
#include "support/test_folder.h"

namespace mt::sessions {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

const std::vector<std::string> kReports = {
    "mt stats after -n 0",
    "mt stats after -n 0 --json",
    "mt stats after --by traceback -n 20 --source",
    "mt stats after --by function --cumulative",
    "mt stats after --sort total-size --json",
    "mt stats after --min-size 100",
    "mt stats after --raw --by traceback -n 5",
    "mt diff before after -n 0",
    "mt diff before after --by traceback --json -n 0",
    "mt traceback 1",
};

class SavedFiles : public testing::Test {
  protected:
    SavedFiles() {
        scenario_.program = "json_reshape";
        scenario_.arguments = "2000";
        scenario_.golden = false;
    }
    void add(StepKind kind, const std::string& text) {
        Step step;
        step.kind = kind;
        (kind == StepKind::command ? step.text : step.function) = text;
        scenario_.steps.push_back(step);
    }

    std::vector<Answer> run(Debugger debugger, const std::string& title) {
        const Places places{MEMTRACE_STAGE, MEMTRACE_PROGRAMS, MEMTRACE_SOURCES, work_};
        const Session session{debugger, {}, {}, false};
        const fs::path script = work_ / (title + ".txt");
        std::ofstream(script) << script_of(scenario_, session, places);
        const Outcome outcome =
            run_program(debugger_program(debugger), command_line(session, script), work_, 120s);
        std::ofstream(work_ / (title + ".out")) << outcome.output;
        try {
            return answers_of(scenario_, session, outcome.output, places);
        } catch (const std::runtime_error& error) {
            ADD_FAILURE() << error.what() << "\n" << outcome.output;
            return {};
        }
    }

    static std::vector<Answer> last(const std::vector<Answer>& answers, std::size_t number) {
        return {answers.end() - static_cast<std::ptrdiff_t>(std::min(number, answers.size())),
                answers.end()};
    }

    // Saved by `writer`, then loaded by `reader` without any process.
    void through_a_file(Debugger writer, Debugger reader) {
        add(StepKind::run, "parse_orders");
        add(StepKind::command, "mt start");
        add(StepKind::go, "group_by_customer");
        add(StepKind::command, "mt snapshot before --blocks");
        add(StepKind::go, "write_report");
        add(StepKind::command, "mt snapshot after --blocks");
        add(StepKind::command, "mt save before.pb.gz before");
        add(StepKind::command, "mt save after.pb.gz after");
        for (const std::string& report : kReports) add(StepKind::command, report);
        const std::vector<Answer> then = last(run(writer, "writer"), kReports.size());
        scenario_.steps.clear();
        scenario_.preload = false;
        add(StepKind::command, "mt load before.pb.gz before");
        add(StepKind::command, "mt load after.pb.gz after");
        for (const std::string& report : kReports) add(StepKind::command, report);
        const std::vector<Answer> now = last(run(reader, "reader"), kReports.size());
        ASSERT_EQ(then.size(), kReports.size());
        ASSERT_EQ(now.size(), kReports.size());
        for (std::size_t i = 0; i < kReports.size(); ++i) {
            EXPECT_NE(then[i].text, "") << kReports[i];
            EXPECT_EQ(then[i].text.find("error:"), std::string::npos) << then[i].text;
            EXPECT_EQ(then[i].text, now[i].text) << kReports[i];
        }
    }

    test::TestFolder work_{"files"};
    Scenario scenario_;
};

TEST_F(SavedFiles, FromGdbToLldb) { through_a_file(Debugger::gdb, Debugger::lldb); }

TEST_F(SavedFiles, FromLldbToGdb) { through_a_file(Debugger::lldb, Debugger::gdb); }

// One file loaded by both: what GDB says of it, LLDB says.
TEST_F(SavedFiles, ForeignProfilesSayTheSame) {
    const fs::path data = MEMTRACE_TEST_DATA;
    scenario_.preload = false;
    for (const char* name : {"go-1.19.heap.pb.gz", "gperftools-2.10.heap", "jemalloc-5.3.0.heap"})
        add(StepKind::command, "mt load " + (data / name).string());
    for (const char* report : {"mt stats 1 --by traceback", "mt stats 2 --json", "mt stats 3",
                               "mt traceback 1", "mt list"})
        add(StepKind::command, report);
    const std::vector<Answer> gdb = run(Debugger::gdb, "gdb"), lldb = run(Debugger::lldb, "lldb");
    ASSERT_EQ(gdb.size(), 8u);
    ASSERT_EQ(lldb.size(), 8u);
    for (std::size_t i = 0; i < gdb.size(); ++i) {
        EXPECT_EQ(gdb[i].text, lldb[i].text) << gdb[i].command;
        EXPECT_EQ(gdb[i].text.find("error:"), std::string::npos) << gdb[i].text;
    }
}

}  // namespace
}  // namespace mt::sessions
