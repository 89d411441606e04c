// SPDX-License-Identifier: MIT
//
// Kept snapshots: their names, what they hold, and that they outlive the process
// that they were taken from.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core_report_fixture.h"

namespace mt::test {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
using Json = nlohmann::json;

TEST_F(Report, KeptSnapshots) {
    builder.allocate(first, 100);
    build();
    session.text("snapshot before");
    builder.allocate(second, 50);
    build();
    session.text("snapshot");
    EXPECT_EQ(session.text("list"),
              "1 before: size=100 B, count=1, 1 traceback\n"
              "2: size=150 B, count=2, 2 tracebacks\n");
    EXPECT_EQ(session.text("stats before"), session.text("stats 1"));
    EXPECT_THAT(session.text("stats before"), HasSubstr("Total: size=100 B, count=1"));
    EXPECT_THAT(session.text("stats"), HasSubstr("Total: size=150 B, count=2"));
    EXPECT_EQ(json("stats 2 --json")["command"], "stats");
    EXPECT_THAT(session.error("snapshot before"), HasSubstr("--replace"));
    EXPECT_THAT(session.error("snapshot 7"), HasSubstr("not a number"));
    EXPECT_THAT(session.error("stats nope"), HasSubstr("no snapshot nope"));
    EXPECT_THAT(session.error("stats 1 --blocks"),
                StartsWith("snapshot 1 has no blocks; take it with --blocks"));
    session.text("snapshot before --replace");
    const Json listed = json("list --json")["snapshots"];
    ASSERT_EQ(listed.size(), 2u);
    EXPECT_EQ(listed[0]["number"], "2");
    EXPECT_EQ(listed[1]["number"], "3");
    EXPECT_EQ(listed[1]["name"], "before");
    session.text("drop before");
    session.text("drop 2");
    EXPECT_THAT(session.error("drop 2"), HasSubstr("no snapshot 2"));
    EXPECT_THAT(session.error("stats"), HasSubstr("mt snapshot takes one"));
}

TEST_F(Report, SnapshotsWithBlocks) {
    builder.allocate(first, 100);
    build();
    const std::string with = session.text("snapshot --blocks");
    EXPECT_EQ(session.text("snapshot"), with);
    EXPECT_EQ(session.text("list"),
              "1: size=100 B, count=1, 1 traceback, with blocks\n"
              "2: size=100 B, count=1, 1 traceback\n");
    EXPECT_EQ(session.text("stats 1 --blocks"), with);
}

TEST_F(Report, SnapshotsOutliveTheProcess) {
    builder.allocate(first, 100);
    build();
    const std::string live = session.text("snapshot");
    debugger.kind = MTC_TARGET_EXITED;
    debugger.frames.clear();
    debugger.symbolised = 0;
    EXPECT_EQ(session.text("stats 1"), live);
    EXPECT_EQ(debugger.symbolised, 0u);
    // What was never asked for while it lived is not known, and not invented.
    EXPECT_THAT(session.text("stats 1 --by traceback"), HasSubstr("File \"program+0x"));
    EXPECT_THAT(session.text("traceback 1"), StartsWith("/src/make.cpp:7: size=100 B"));
}

TEST_F(Report, AnotherProcessIsNotAsked) {
    builder.allocate(first, 100);
    build();
    const std::string live = session.text("snapshot");
    debugger.memory.change<abi::Root>(TableBuilder::kRoot,
                                      [](abi::Root& root) { root.cookie = 5; });
    debugger.memory.change<abi::Header>(TableBuilder::kHeader,
                                        [](abi::Header& header) { header.cookie = 5; });
    TableBuilder::seal(debugger.memory, TableBuilder::kHeader);
    debugger.frames[kMain1] = {{"/wrong.cpp", 1, "wrong"}};
    EXPECT_THAT(session.text("stats 1 --by traceback"), ::testing::Not(HasSubstr("/wrong.cpp")));
}

TEST_F(Report, SymbolisesOnceAndOnlyWhatItGroupsBy) {
    builder.allocate(first, 100);
    builder.allocate(second, 100);
    build();
    session.text("snapshot");
    EXPECT_EQ(debugger.symbolised, 2u);  // operator new and make, not main
    session.text("snapshot");
    EXPECT_EQ(debugger.symbolised, 2u);
    session.text("snapshot --by traceback");
    EXPECT_EQ(debugger.symbolised, 4u);
}

}  // namespace
}  // namespace mt::test
