// SPDX-License-Identifier: MIT
//
// What reports print, to the letter, end to end from a table's bytes: the text,
// the JSON schema, kept snapshots, stacks behind a row, hostile names.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "core_report_fixture.h"

namespace mt::test {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
using Json = nlohmann::json;

TEST_F(Report, SnapshotText) {
    for (int i = 0; i < 3; ++i) builder.allocate(first, 100);
    builder.allocate(second, 50);
    builder.allocate(other, 4096);
    build();
    EXPECT_EQ(session.text("snapshot"),
              "/src/main.cpp:20: size=4096 B, count=1, average=4096 B\n"
              "/src/make.cpp:7: size=350 B, count=4, average=88 B\n"
              "Total: size=4446 B, count=5\n");
    EXPECT_EQ(session.text("snapshot --by filename"),
              "/src/main.cpp:0: size=4096 B, count=1, average=4096 B\n"
              "/src/make.cpp:0: size=350 B, count=4, average=88 B\n"
              "Total: size=4446 B, count=5\n");
    EXPECT_EQ(session.text("snapshot --by function"),
              "/src/main.cpp:main: size=4096 B, count=1, average=4096 B\n"
              "/src/make.cpp:make(int): size=350 B, count=4, average=88 B\n"
              "Total: size=4446 B, count=5\n");
    EXPECT_EQ(session.text("snapshot --by module"),
              "/usr/bin/program:0: size=4446 B, count=5, average=889 B\n"
              "Total: size=4446 B, count=5\n");
    EXPECT_EQ(session.text("snapshot -n 1"),
              "/src/main.cpp:20: size=4096 B, count=1, average=4096 B\n"
              "1 other: size=350 B, count=4\n"
              "Total: size=4446 B, count=5\n");
}

TEST_F(Report, TracebackText) {
    builder.allocate(first, 100);
    builder.allocate(second, 50);
    build();
    EXPECT_EQ(session.text("snapshot --by traceback"),
              "/src/make.cpp:7: size=100 B, count=1, average=100 B\n"
              "  File \"/src/main.cpp\", line 12\n"
              "  File \"/src/make.cpp\", line 7\n"
              "/src/make.cpp:7: size=50 B, count=1, average=50 B\n"
              "  File \"/src/main.cpp\", line 20\n"
              "  File \"/src/make.cpp\", line 7\n"
              "Total: size=150 B, count=2\n");
}

TEST_F(Report, StacksBehindARow) {
    builder.allocate(first, 300);
    builder.allocate(second, 100);
    build();
    EXPECT_THAT(session.error("traceback 1"), StartsWith("there is no report yet"));
    session.text("snapshot");
    EXPECT_EQ(session.text("traceback 1"),
              "/src/make.cpp:7: size=400 B, count=2, average=200 B\n"
              "size=300 B, count=1, average=300 B (75.0 %)\n"
              "  File \"/src/main.cpp\", line 12, in main\n"
              "  File \"/src/make.cpp\", line 7, in make(int)\n"
              "size=100 B, count=1, average=100 B (25.0 %)\n"
              "  File \"/src/main.cpp\", line 20, in main\n"
              "  File \"/src/make.cpp\", line 7, in make(int)\n"
              "Total: size=400 B, count=2\n");
    const Json report = json("traceback 1 --json");
    EXPECT_EQ(report["command"], "traceback");
    EXPECT_EQ(report["statistics"].size(), 2u);
    EXPECT_EQ(report["statistics"][0]["traceback"][1]["line"], 12);
    for (const char* line : {"traceback 0", "traceback 2", "traceback -1", "traceback x"})
        EXPECT_THAT(session.error(line), StartsWith("the last report has rows 1 to 1"));
    EXPECT_THAT(session.error("traceback"), HasSubstr("the number of a row"));
}

TEST_F(Report, StartsLimitCutsTracebacks) {
    builder.root.request = abi::make_request(abi::kRequestOn, 1, 1);
    builder.allocate(first, 100);
    builder.allocate(second, 50);
    build();
    EXPECT_EQ(session.text("snapshot --by traceback"),
              "/src/make.cpp:7: size=150 B, count=2, average=75 B\n"
              "  File \"/src/make.cpp\", line 7\n"
              "Total: size=150 B, count=2\n");
    EXPECT_EQ(json("snapshot --json")["traceback_limit"], 1);
}

TEST_F(Report, RawShowsTheMachinery) {
    builder.allocate(first, 100);
    const auto lineless = builder.add_stack({kCode + 0x400});
    builder.allocate(lineless, 10);
    build();
    EXPECT_EQ(session.text("snapshot --raw"),
              "/usr/include/c++/12/bits/new.h:1: size=100 B, count=1, average=100 B\n"
              "program+0x3ff:0: size=10 B, count=1, average=10 B\n"
              "Total: size=110 B, count=2\n");
    EXPECT_THAT(session.text("snapshot"), HasSubstr("program+0x3ff:0: size=10 B"));
}

TEST_F(Report, PeakOfTheSecondLesson) {
    builder.release(builder.allocate(first, 8));
    build();
    EXPECT_EQ(session.text("peak"),
              "current: size=0 B, count=0\n"
              "peak: size=8 B, count=1\n"
              "/src/make.cpp:7: size=8 B, count=1, average=8 B\n"
              "Total: size=8 B, count=1\n");
    const Json report = json("peak --json");
    EXPECT_EQ(report["command"], "peak");
    EXPECT_EQ(report["current"], Json({{"size", 0}, {"count", 0}}));
    EXPECT_EQ(report["peak"], Json({{"size", 8}, {"count", 1}}));
    EXPECT_EQ(report["total"]["size"], 8);
    EXPECT_EQ(session.text("traceback 1").substr(0, 15), "/src/make.cpp:7");
    EXPECT_EQ(session.text("peak --reset"),
              "current: size=0 B, count=0\n"
              "peak: size=0 B, count=0\n"
              "Total: size=0 B, count=0\n");
    EXPECT_EQ(session.text("peak"),
              "current: size=0 B, count=0\n"
              "peak: size=0 B, count=0\n"
              "Total: size=0 B, count=0\n");
}

TEST_F(Report, StatusText) {
    builder.allocate(first, 100);
    builder.allocate(second, 50);
    builder.add_loss("tracked", 7, 2);
    builder.shard(0).untracked_frees = 3;
    build();
    const std::string shown = session.text("");
    const std::string remarks = shown.substr(shown.find("remark: "));
    EXPECT_EQ(shown.substr(0, shown.size() - remarks.size()),
              "tracing: on\n"
              "frames: 32\n"
              "current: size=150 B, count=2\n"
              "peak: size=150 B, count=2\n"
              "blocks: 2\n"
              "tracebacks: 2\n"
              "memtrace's own memory: 1088 KiB\n"
              "losses: 5 tracked\n"
              "runtime: preloaded\n"
              "table format: 2.2\n");
    EXPECT_THAT(remarks, StartsWith("remark: 3 frees of blocks from before the start\nremark: 5 "));
    const Json status = json("status --json");
    EXPECT_EQ(status["schema"], 1);
    EXPECT_EQ(status["tracebacks"], 2);
    EXPECT_EQ(status["losses"][0]["count"], 5);
    EXPECT_EQ(status["losses"][0]["total"], 7);
    EXPECT_EQ(status["runtime"], "preloaded");
    EXPECT_EQ(status["direct"], false);
    EXPECT_EQ(status["remarks"][0]["code"], "late-start");
}

TEST_F(Report, StatusCountsThreadsThatPause) {
    builder.allocate(first, 100);
    for (const std::uint32_t pauses : {1u, 0u, 3u}) builder.add_context().pauses = pauses;
    build();
    EXPECT_THAT(session.text("status"),
                StartsWith("tracing: on (paused by the program in 2 threads)\n"));
    EXPECT_EQ(json("status --json")["paused_threads"], 2);
}

// No command says "0 B" or "losses: none" where it does not know.
TEST_F(Report, WithoutMemoryForATableNothingIsKnown) {
    builder.allocate(first, 100);
    build();
    session.text("snapshot");
    builder.root.request = abi::make_request(abi::kRequestOn, 32, 2);
    builder.root.unrecorded = abi::make_unrecorded(2, 1501);
    build();
    const std::string text = session.text("status");
    EXPECT_THAT(text, StartsWith("tracing: on, but there is no memory for the table: nothing is "
                                 "recorded\nframes: 32\nmemtrace's own memory: "));
    EXPECT_THAT(text, HasSubstr("losses: 1501 no_memory\n"));
    const nlohmann::json status = json("status --json");
    for (const char* unknown : {"current", "peak", "blocks", "tracebacks"})
        EXPECT_TRUE(status[unknown].is_null()) << unknown;
    EXPECT_EQ(status["unrecorded"], 1501);
    for (const char* line : {"snapshot", "snapshot --blocks", "peak", "blocks", "block 0x1234",
                             "blocks --neighbours 0x1234", "diff 1"})
        EXPECT_THAT(session.error(line), HasSubstr("1501 events were not recorded")) << line;
}

TEST_F(Report, StatusNamesABadEnvironment) {
    builder.root.request = abi::make_request(0, 32, 2);  // after a start and a stop
    builder.root.reason = static_cast<abi::u32>(abi::Reason::bad_environment);
    build();
    const std::string text = session.text("status");
    EXPECT_THAT(text, StartsWith("tracing: off\n"));
    EXPECT_THAT(text, HasSubstr("runtime: preloaded (MEMTRACE in its environment is no valid"));
}

TEST_F(Report, JsonSchema) {
    builder.allocate(first, 100);
    builder.release(builder.allocate(first, 11));
    builder.allocate(second, 50);
    builder.allocate(other, 10);
    build();
    const std::string text = session.text("snapshot --json -n 1");
    const Json report = Json::parse(text);
    EXPECT_EQ(report["schema"], 1);
    EXPECT_EQ(report["command"], "snapshot");
    EXPECT_EQ(report["tracing"], true);
    EXPECT_EQ(report["current"], Json({{"size", 160}, {"count", 3}}));
    EXPECT_EQ(report["traceback_limit"], 32);
    EXPECT_EQ(report["by"], "lineno");
    ASSERT_EQ(report["statistics"].size(), 1u);
    const Json& row = report["statistics"][0];
    EXPECT_EQ(row["size"], 150);
    EXPECT_EQ(row["count"], 2);
    EXPECT_EQ(row["total_size"], 161);
    EXPECT_EQ(row["total_count"], 3);
    ASSERT_EQ(row["traceback"].size(), 1u);
    EXPECT_EQ(row["traceback"][0], Json({{"file", "/src/make.cpp"},
                                         {"line", 7},
                                         {"function", "make(int)"},
                                         {"module", "/usr/bin/program"},
                                         {"offset", kMake - 1 - kCode}}));
    EXPECT_EQ(report["other"], Json({{"size", 10}, {"count", 1}, {"statistics", 1}}));
    EXPECT_EQ(report["total"], Json({{"size", 160}, {"count", 3}}));
    EXPECT_EQ(report["remarks"], Json::array());
    // Keys stand in the contract's order.
    EXPECT_LT(text.find("\"schema\""), text.find("\"command\""));
    EXPECT_LT(text.find("\"statistics\""), text.find("\"other\""));
    EXPECT_LT(text.find("\"other\""), text.find("\"total\""));
    // The same figures as the text.
    EXPECT_THAT(session.text("snapshot -n 1"),
                StartsWith("/src/make.cpp:7: size=150 B, count=2, average=75 B\n"));
}

TEST_F(Report, JsonOfReservedIds) {
    builder.allocate(abi::kStackDepotFull, 5);
    build();
    EXPECT_EQ(session.text("snapshot"),
              "<depot full>:0: size=5 B, count=1, average=5 B\nTotal: size=5 B, count=1\n");
    EXPECT_EQ(json("snapshot --json")["statistics"][0]["traceback"][0],
              Json({{"file", "<depot full>"},
                    {"line", 0},
                    {"function", nullptr},
                    {"module", nullptr},
                    {"offset", nullptr}}));
}

TEST_F(Report, SourceLines) {
    builder.allocate(first, 100);
    build();
    debugger.sources[{"/src/make.cpp", 7}] = "\t return new int[n];\x1b[2J  ";
    EXPECT_EQ(session.text("snapshot --source"),
              "/src/make.cpp:7: size=100 B, count=1, average=100 B\n"
              "    return new int[n];\\x1b[2J\n"
              "Total: size=100 B, count=1\n");
    // Traceback.format() has them without being asked.
    EXPECT_THAT(session.text("snapshot --by traceback"),
                HasSubstr("/src/main.cpp\", line 12\n  File \"/src/make.cpp\", line 7\n"
                          "    return new int[n];\\x1b[2J\nTotal"));
    session.text("config source on");
    EXPECT_THAT(session.text("snapshot"), HasSubstr("    return new int"));
}

TEST_F(Report, SourceLinesFromTheFileWhereTheDebuggerHasNone) {
    const auto file = std::filesystem::path(::testing::TempDir()) /
                      ("memtrace-core-source-" + std::to_string(getpid()) + ".cpp");
    std::ofstream(file) << "one\n  two();\nthree\n";
    debugger.frames[kMake] = {{file.string(), 2, "_Z4makei"}};
    builder.allocate(first, 100);
    build();
    EXPECT_THAT(session.text("snapshot --source"), HasSubstr("\n    two();\n"));
    std::filesystem::remove(file);
}

TEST_F(Report, HostileNames) {
    debugger.frames[kMake] = {{"/src/\x1b]0;pwned\x07%s%n.cpp", 7, "evil\x9b\n"}};
    debugger.frames[kMain2] = {{"/" + std::string(1 << 20, 'x') + "\xff", 1, "main"}};
    builder.allocate(first, 100);
    builder.allocate(other, 10);
    build();
    const std::string text = session.text("snapshot --by function");
    EXPECT_THAT(text, HasSubstr("/src/\\x1b]0;pwned\\x07%s%n.cpp:evil\\x9b\\x0a: size=100 B"));
    for (char c : text) EXPECT_TRUE(c == '\n' || (c >= 0x20 && c < 0x7f));
    EXPECT_LT(text.size(), 600u);
    const Json report = json("snapshot --json");
    EXPECT_EQ(report["statistics"][0]["traceback"][0]["file"], "/src/\x1b]0;pwned\x07%s%n.cpp");
    const std::string whole = report["statistics"][1]["traceback"][0]["file"];
    EXPECT_EQ(whole, "/" + std::string(1 << 20, 'x') + "\xef\xbf\xbd");
}

TEST_F(Report, OwnWrappersAreSkippedByConfig) {
    builder.allocate(first, 100);
    build();
    session.text("config skip make");
    EXPECT_THAT(session.text("snapshot"), StartsWith("/src/main.cpp:12: size=100 B"));
    session.text("config skip default");
    EXPECT_THAT(session.text("snapshot"), StartsWith("/src/make.cpp:7: size=100 B"));
}

TEST_F(Report, BadViews) {
    builder.allocate(first, 100);
    build();
    EXPECT_EQ(session.error("snapshot --by colour"),
              "--by takes one of lineno, filename, traceback, function, module, domain, thread, "
              "size, size=exact, type, not colour");
    EXPECT_EQ(session.error("snapshot -n many"),
              "--top takes a number of rows (0 = all), not many");
    EXPECT_THAT(session.error("peak --blocks"), HasSubstr("mt peak has no option --blocks"));
    EXPECT_EQ(session.text("list"), "no snapshots; mt snapshot takes one\n");
}

}  // namespace
}  // namespace mt::test
