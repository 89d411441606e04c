// SPDX-License-Identifier: MIT
//
// The harness itself: a session that went wrong must not look right.
#include <gtest/gtest.h>

#include <unistd.h>

#include <fstream>
#include <stdexcept>

#include "golden.h"
#include "script.h"
#include "subprocess.h"

namespace mt::sessions {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

const Places kPlaces{"/stage", "/built", "/src/programs", "/work"};

Scenario scenario_from(const std::string& text) {
    const fs::path file =
        fs::path(testing::TempDir()) / ("memtrace-scenario-" + std::to_string(getpid()) + ".txt");
    std::ofstream(file) << text;  // of this process alone: tests run side by side
    Scenario scenario = read_scenario(file);
    fs::remove(file);
    return scenario;
}

const char* const kText =
    "program lesson_peak\nrun here\nmt start\ncore\nmt peak\nonly-core mt stop\n";

TEST(ScenarioTest, MisspeltStepsAndMovesAfterTheCoreAreRefused) {
    EXPECT_THROW(scenario_from("program x\nstop here\n"), std::runtime_error);
    EXPECT_THROW(scenario_from("program x\ncore\ngo here\n"), std::runtime_error);
    EXPECT_THROW(scenario_from("program x\nmeet\n"), std::runtime_error);
    EXPECT_THROW(scenario_from("run here\n"), std::runtime_error);
    EXPECT_THROW(read_scenario("/nowhere"), std::runtime_error);
}

TEST(ScenarioTest, ACoreIsAskedWhatFollowsIt) {
    const Scenario scenario = scenario_from(kText);
    EXPECT_EQ(4u, steps_of(scenario, {}).size());
    Session session;
    session.core = "/work/core";
    const std::vector<Step> steps = steps_of(scenario, session);
    ASSERT_EQ(2u, steps.size());
    EXPECT_EQ("mt peak", steps[0].text);
    EXPECT_EQ("mt stop", steps[1].text);
}

TEST(AnswersTest, GdbIsCutAtItsMarks) {
    const auto answers = answers_of(scenario_from(kText), {},
                                    "noise\n@@ at here\n@@\n@@ mt start\n@@\nmore noise\n"
                                    "@@ mt peak\npeak\n/src/programs/a.c:1\n@@\n@@ end\n@@\n",
                                    kPlaces);
    ASSERT_EQ(2u, answers.size());
    EXPECT_EQ("", answers[0].text);
    EXPECT_EQ("peak\n<programs>/a.c:1\n", answers[1].text);
}

TEST(AnswersTest, LldbIsCutAtItsPrompts) {
    Session session;
    session.debugger = Debugger::lldb;
    const auto answers = answers_of(scenario_from(kText), session,
                                    "(lldb) frame info\nframe #0: p`here at a.c\n(lldb) mt start\n"
                                    "(lldb) mt peak\npeak\n(lldb) version\nlldb version 19\n",
                                    kPlaces);
    ASSERT_EQ(2u, answers.size());
    EXPECT_EQ("peak\n", answers[1].text);
}

TEST(AnswersTest, AStopElsewhereOrAnEarlyEndIsAnError) {
    const Scenario scenario = scenario_from(kText);
    const std::string rest = "@@ mt start\n@@\n@@ mt peak\n@@\n";
    EXPECT_THROW(answers_of(scenario, {}, "@@ at main\n@@\n" + rest + "@@ end\n", kPlaces),
                 std::runtime_error);
    EXPECT_THROW(answers_of(scenario, {}, "@@ at here\n@@\n" + rest, kPlaces), std::runtime_error);
    EXPECT_THROW(answers_of(scenario, {}, "@@ at here\n@@\n@@ end\n", kPlaces), std::runtime_error);
    EXPECT_THROW(answers_of(scenario, {}, "", kPlaces), std::runtime_error);
}

TEST(AnswersTest, PlacesNumbersAndForeignFramesAreLeftOut) {
    const auto answers =
        answers_of(scenario_from("program x\nmt peak\n"), {},
                   "@@ mt peak\n\"module\": \"/built/x\", \"offset\": 4711\n"
                   "  File \"/src/programs/a.c\", line 3\n  File \"csu/libc-start.c\", line 360\n"
                   "  File \"x(_start)\", line 0\nTotal: size=12 B\n@@\n@@ end\n@@\n",
                   kPlaces);
    EXPECT_EQ(
        "\"module\": \"<built>/x\", \"offset\": <offset>\n"
        "  File \"<programs>/a.c\", line 3\n  File <outside the program>\n"
        "Total: size=12 B\n",
        answers.at(0).text);
}

TEST(AnswersTest, SameMeansTheSame) {
    const Scenario scenario = scenario_from("program x\nmt a\nmt b\nmt a\nsame\n");
    const std::string start = "@@ mt a\n1\n@@\n@@ mt b\n3\n@@\n@@ mt a\n";
    EXPECT_NO_THROW(answers_of(scenario, {}, start + "1\n@@\n@@ end\n", kPlaces));
    EXPECT_THROW(answers_of(scenario, {}, start + "2\n@@\n@@ end\n", kPlaces), std::runtime_error);
}

TEST(AnswersTest, ARowIsChargedNoMoreThanTheTotal) {
    const Scenario scenario = scenario_from("program x\nmt peak --cumulative\n");
    const std::string start = "@@ mt peak --cumulative\na.c:1: size=9 B, count=3, average=3 B\n";
    EXPECT_NO_THROW(
        answers_of(scenario, {}, start + "Total: size=9 B, count=3\n@@\n@@ end\n", kPlaces));
    EXPECT_THROW(
        answers_of(scenario, {}, start + "Total: size=8 B, count=2\n@@\n@@ end\n", kPlaces),
        std::runtime_error);
}

TEST(GoldenTest, LiveAndCorePartsComeBackAsWritten) {
    const fs::path file = fs::path(testing::TempDir()) / "golden.txt";
    Golden::make(scenario_from(kText), {{"mt start", ""}, {"mt peak", "peak\n"}},
                 {{"mt peak", "peak\n"}, {"mt stop", "error: a core\n"}})
        .write(file);
    const Golden golden = Golden::read(file);
    EXPECT_EQ("> mt start\n> mt peak\npeak\n", golden.live());
    EXPECT_EQ("> mt peak\npeak\n> mt stop\nerror: a core\n", golden.core());
    EXPECT_EQ("", Golden::read("/nowhere").live());
}

TEST(SubprocessTest, TellsStatusOutputAndDeadline) {
    const Outcome plain = run_program("sh", {"-c", "echo a; echo b >&2; exit 3"}, "/", 10s);
    EXPECT_EQ(3, plain.status);
    EXPECT_EQ("a\nb\n", plain.output);
    EXPECT_EQ(-1, run_program("sleep", {"60"}, "/", 1s).status);
    EXPECT_THROW(run_program("no-such-debugger", {}, "/", 10s), std::runtime_error);
}

}  // namespace
}  // namespace mt::sessions
