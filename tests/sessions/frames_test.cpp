// SPDX-License-Identifier: MIT
//
// Frames are those that were on the stack, whatever compiler described them: of functions
// inside functions both debuggers say the same, byte for byte, and in a program without
// recursion no row is charged more than the total.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "scenario.h"
#include "script.h"
#include "subprocess.h"
#include "support/test_folder.h"

namespace mt::sessions {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using Json = nlohmann::json;

std::vector<std::string> programs() {
    std::istringstream in(MEMTRACE_ENCLOSING_PROGRAMS);
    std::vector<std::string> names;
    for (std::string name; std::getline(in, name, ',');) names.push_back(name);
    return names;
}

std::vector<Answer> ask(const Scenario& scenario, Debugger debugger, const Places& places) {
    const Session session{debugger, {}, {}, false};
    fs::create_directories(places.work);
    const fs::path script = places.work / "script.txt";
    std::ofstream(script) << script_of(scenario, session, places);
    const Outcome outcome =
        run_program(debugger_program(debugger), command_line(session, script), places.work, 120s);
    std::ofstream(places.work / "output.txt") << outcome.output;
    return answers_of(scenario, session, outcome.output, places);
}

class Enclosed : public testing::TestWithParam<std::string> {
  protected:
    void SetUp() override {
        const std::string prefix = GetParam().substr(0, GetParam().find('_'));
        std::ofstream(work_ / "scenario.txt")
            << "program " << GetParam() << "\ngolden no\nrun " << prefix << "_ready\nmt start\ngo "
            << prefix << "_done\nmt snapshot --cumulative --by function --json -n 0\n"
            << "mt stats --cumulative --json -n 0\nmt stats --by function --json -n 0\n"
            << "mt stats --by traceback --json -n 0\n";
        scenario_ = read_scenario(work_ / "scenario.txt");
    }

    std::vector<Answer> asked(Debugger debugger, const std::string& title) {
        return ask(scenario_, debugger,
                   {MEMTRACE_STAGE, MEMTRACE_PROGRAMS, MEMTRACE_SOURCES, work_ / title});
    }

    Scenario scenario_;
    test::TestFolder work_{"frames"};
};

// The answer's rows, each with its frames in the program's sources: what is around them
// differs with the debug information of libraries that a machine happens to have.
Json rows_of(const Answer& answer) {
    Json rows = Json::array();
    const Json report = Json::parse(answer.text);
    for (Json row : report.at("statistics")) {
        Json frames = Json::array();
        for (const Json& frame : row.at("traceback"))
            if (frame.at("file").is_string() &&
                frame.at("file").get<std::string>().rfind(MEMTRACE_SOURCES, 0) == 0)
                frames.push_back(frame);
        row["traceback"] = frames;
        if (!frames.empty()) rows.push_back(row);
    }
    return rows;
}

TEST_P(Enclosed, BothDebuggersNameTheFramesThatWere) {
    const std::vector<Answer> gdb = asked(Debugger::gdb, "gdb");
    const std::vector<Answer> lldb = asked(Debugger::lldb, "lldb");
    ASSERT_EQ(5u, gdb.size());
    ASSERT_EQ(5u, lldb.size());
    for (std::size_t i = 1; i < gdb.size(); ++i) {
        SCOPED_TRACE(gdb[i].command);
        EXPECT_EQ(rows_of(gdb[i]).dump(1), rows_of(lldb[i]).dump(1));
        EXPECT_GE(rows_of(gdb[i]).size(), 3u);
        const Json total = Json::parse(gdb[i].text).at("total");
        for (const Json& row : rows_of(gdb[i])) {
            EXPECT_LE(row.at("size"), total.at("size")) << row.dump();
            EXPECT_LE(row.at("count"), total.at("count")) << row.dump();
        }
    }
    // A thread of its own has main nowhere below it: its bytes are not in main's row.
    const Json by_function = rows_of(gdb.at(1));
    const auto of_main = std::find_if(by_function.begin(), by_function.end(), [](const Json& row) {
        return row.at("traceback").at(0).at("function") == "main";
    });
    ASSERT_NE(of_main, by_function.end());
    const auto outside = Json::parse(gdb.at(1).text).at("total").at("size").get<long>() -
                         of_main->at("size").get<long>();
    EXPECT_GT(outside, 0);
    const bool of_cxx = GetParam().rfind("enclosing", 0) == 0;
    if (of_cxx) {
        EXPECT_EQ(outside, 100000);
    }
}

// What the user started, and what that is a link to: both find it, in a file as well.
TEST(Started, AProgramGoesByTheNameThatItWasStartedBy) {
    const test::TestFolder work("started");
    const fs::path link = work / "as-started";
    fs::create_symlink(fs::path(MEMTRACE_PROGRAMS) / "lesson_statistics", link);
    std::ofstream(work / "scenario.txt")
        << "program " << link.string()
        << "\nrun lesson_ready\nmt start\ngo lesson_done\nmt snapshot\nmt stats --by module\n"
           "mt stats --module as-started --by module\nmt stats --module lesson_stat* --by module\n"
           "mt stats --module neither --by module\nmt save saved.pb.gz 1\n"
           "mt load saved.pb.gz again\nmt stats again --module lesson_stat* --by module\n"
           "mt stats again --module as-started --by module\n";
    const Scenario scenario = read_scenario(work / "scenario.txt");
    for (const Debugger debugger : {Debugger::gdb, Debugger::lldb}) {
        const fs::path place = work / (debugger == Debugger::gdb ? "gdb" : "lldb");
        const Places places{MEMTRACE_STAGE, MEMTRACE_PROGRAMS, MEMTRACE_SOURCES, place};
        const std::vector<Answer> said = ask(scenario, debugger, places);
        ASSERT_EQ(said.size(), 10u);
        const std::string row = link.string() + ":0: size=";
        EXPECT_EQ(said[2].text.rfind(row, 0), 0u) << said[2].text;
        for (const std::size_t same : {3, 4, 8, 9})
            EXPECT_EQ(said[same].text, said[2].text) << said[same].command;
        EXPECT_EQ(said[5].text,
                  "Total: size=0 B, count=0\nremark: nothing matches --module neither\n");
    }
}

INSTANTIATE_TEST_SUITE_P(Frames, Enclosed, testing::ValuesIn(programs()),
                         [](const auto& parameter) { return parameter.param; });

}  // namespace
}  // namespace mt::sessions
