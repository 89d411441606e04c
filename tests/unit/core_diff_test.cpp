// SPDX-License-Identifier: MIT
//
// mt diff, filters, totals and the other options of statistics, end to end from a
// table's bytes: the text to the letter, the JSON, and one line for each mistake.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core_report_fixture.h"

namespace mt::test {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using Json = nlohmann::json;

class Diff : public Report {
  protected:
    // Two snapshots, 1 and "after"; now is as "after".
    void two_snapshots() {
        builder.allocate(first, 100);
        const auto gone = builder.allocate(other, 4096);
        build();
        session.text("snapshot");
        builder.release(gone);
        builder.allocate(second, 50);
        builder.allocate(second, 50);
        build();
        session.text("snapshot after");
    }
};

TEST_F(Diff, Text) {
    two_snapshots();
    const std::string expected =
        "/src/main.cpp:20: size=0 B (-4096 B), count=0 (-1)\n"
        "/src/make.cpp:7: size=200 B (+100 B), count=3 (+2), average=67 B\n"
        "Total: size=200 B (-3996 B), count=3 (+1)\n";
    EXPECT_EQ(session.text("diff 1 after"), expected);
    EXPECT_EQ(session.text("diff 1"), expected);  // against now
    EXPECT_EQ(session.text("diff after 1"),
              "/src/main.cpp:20: size=4096 B (+4096 B), count=1 (+1), average=4096 B\n"
              "/src/make.cpp:7: size=100 B (-100 B), count=1 (-2), average=100 B\n"
              "Total: size=4196 B (+3996 B), count=2 (-1)\n");
    // Without words: the last one against now. Rows that did not change stay.
    EXPECT_EQ(session.text("diff"),
              "/src/make.cpp:7: size=200 B (+0 B), count=3 (+0), average=67 B\n"
              "Total: size=200 B (+0 B), count=3 (+0)\n");
    EXPECT_EQ(session.text("diff 1 after -n 1"),
              "/src/main.cpp:20: size=0 B (-4096 B), count=0 (-1)\n"
              "1 other: size=200 B (+100 B), count=3 (+2)\n"
              "Total: size=200 B (-3996 B), count=3 (+1)\n");
}

TEST_F(Diff, NewIsNotKept) {
    two_snapshots();
    const std::string before = session.text("list");
    session.text("diff 1");
    EXPECT_EQ(session.text("list"), before);
}

TEST_F(Diff, Cumulative) {
    two_snapshots();
    EXPECT_EQ(session.text("diff 1 after --by filename --cumulative"),
              "/src/main.cpp:0: size=200 B (-3996 B), count=3 (+1), average=67 B\n"
              "/src/make.cpp:0: size=200 B (+100 B), count=3 (+2), average=67 B\n"
              "Total: size=200 B (-3996 B), count=3 (+1)\n");
    EXPECT_THAT(session.text("diff 1 after --by filename --cumulative -n 1"),
                EndsWith("1 other\nTotal: size=200 B (-3996 B), count=3 (+1)\n"));
}

TEST_F(Diff, ByTracebackAndFunction) {
    two_snapshots();
    EXPECT_THAT(session.text("diff 1 after --by traceback"),
                HasSubstr("/src/make.cpp:7: size=100 B (+100 B), count=2 (+2), average=50 B\n"
                          "  File \"/src/main.cpp\", line 20\n"
                          "  File \"/src/make.cpp\", line 7\n"
                          "/src/make.cpp:7: size=100 B (+0 B), count=1 (+0), average=100 B\n"));
    EXPECT_THAT(session.text("diff 1 after --by function"),
                StartsWith("/src/main.cpp:main: size=0 B (-4096 B)"));
}

TEST_F(Diff, StacksBehindARow) {
    two_snapshots();
    session.text("diff 1 after");
    EXPECT_EQ(session.text("traceback 2 --limit 1"),
              "/src/make.cpp:7: size=200 B (+100 B), count=3 (+2), average=67 B\n"
              "/src/make.cpp:7: size=100 B (+100 B), count=2 (+2), average=50 B\n"
              "  File \"/src/make.cpp\", line 7, in make(int)\n"
              "/src/make.cpp:7: size=100 B (+0 B), count=1 (+0), average=100 B\n"
              "  File \"/src/make.cpp\", line 7, in make(int)\n"
              "Total: size=200 B (+100 B), count=3 (+2)\n");
    EXPECT_THAT(session.error("traceback 3"), StartsWith("the last report has rows 1 to 2"));
}

TEST_F(Diff, ASnapshotThatGrewOldShowsTheSame) {
    two_snapshots();
    const std::string before = session.text("diff 1 after");
    debugger.kind = MTC_TARGET_EXITED;
    EXPECT_EQ(session.text("diff 1 after"), before);
    EXPECT_THAT(session.error("diff 1"), HasSubstr("exited"));
}

TEST_F(Diff, JsonHasBothSidesFigures) {
    two_snapshots();
    const Json report = json("diff 1 after --json");
    EXPECT_EQ(report["command"], "diff");
    EXPECT_EQ(report["old"], "1");
    EXPECT_EQ(report["new"], "after");
    EXPECT_EQ(report["statistics"][0]["size"], 0);
    EXPECT_EQ(report["statistics"][0]["size_diff"], -4096);
    EXPECT_EQ(report["statistics"][0]["count_diff"], -1);
    EXPECT_EQ(report["statistics"][0]["traceback"][0]["line"], 20);
    EXPECT_EQ(
        report["other"],
        Json({{"size", 0}, {"size_diff", 0}, {"count", 0}, {"count_diff", 0}, {"statistics", 0}}));
    EXPECT_EQ(report["total"]["size_diff"], -3996);
}

TEST_F(Diff, OtherProcessesAreRemarked) {
    builder.allocate(first, 100);
    build();
    session.text("snapshot");
    builder.header.cookie ^= 1;
    builder.root.cookie ^= 1;
    build();
    EXPECT_THAT(session.text("diff"),
                HasSubstr("remark: the snapshots are of different processes\n"));
}

TEST_F(Diff, AClearInBetweenIsRemarked) {
    builder.allocate(first, 100);
    build();
    session.text("snapshot");
    builder.root.request = abi::make_request(abi::kRequestOn, 32, 2);
    build();
    EXPECT_THAT(session.text("diff"), HasSubstr("remark: all traces were dropped between"));
}

TEST_F(Diff, NotTracing) {
    two_snapshots();
    builder.root.request = abi::make_request(0, 32, 2);
    build();
    EXPECT_THAT(session.error("diff"), HasSubstr("nothing to compare snapshot after with"));
    EXPECT_THAT(session.text("diff 1 after"), StartsWith("/src/main.cpp:20"));
}

class Options : public Report {
  protected:
    void SetUp() override {
        builder.allocate(first, 300);
        builder.allocate(second, 100);
        builder.allocate(other, 4096);
        build();
    }
};

TEST_F(Options, Filters) {
    EXPECT_EQ(session.text("snapshot --filter '*/make.cpp'"),
              "/src/make.cpp:7: size=400 B, count=2, average=200 B\n"
              "Total: size=400 B, count=2\n");
    EXPECT_EQ(session.text("stats"),  // the snapshot itself is whole
              "/src/main.cpp:20: size=4096 B, count=1, average=4096 B\n"
              "/src/make.cpp:7: size=400 B, count=2, average=200 B\n"
              "Total: size=4496 B, count=3\n");
    EXPECT_EQ(session.text("stats --exclude '*/make.cpp'"),
              "/src/main.cpp:20: size=4096 B, count=1, average=4096 B\n"
              "Total: size=4096 B, count=1\n");
    EXPECT_EQ(session.text("stats --filter '*/main.cpp:12' --all-frames"),
              "/src/make.cpp:7: size=300 B, count=1, average=300 B\n"
              "Total: size=300 B, count=1\n");
    EXPECT_EQ(session.text("stats --filter '*/main.cpp' --filter '*/make.cpp:8'"),
              "/src/main.cpp:20: size=4096 B, count=1, average=4096 B\n"
              "Total: size=4096 B, count=1\n");
    EXPECT_EQ(session.text("stats --exclude '*/main.cpp:20' --all-frames"),
              "/src/make.cpp:7: size=300 B, count=1, average=300 B\n"
              "Total: size=300 B, count=1\n");
    EXPECT_THAT(session.text("stats --function 'make*'"), StartsWith("/src/make.cpp:7: size=400"));
    EXPECT_THAT(session.text("stats --module program"), StartsWith("/src/main.cpp:20: size=4096"));
    EXPECT_EQ(session.text("stats --module libz.so*"),
              "Total: size=0 B, count=0\nremark: nothing matches --module libz.so*\n");
    EXPECT_EQ(session.text("stats --domain 3"), "Total: size=0 B, count=0\n");
    EXPECT_THAT(session.text("stats --domain 3 --domain 0"), EndsWith("size=4496 B, count=3\n"));
    // Kinds narrow each other.
    EXPECT_EQ(session.text("stats --filter '*/make.cpp' --function main"),
              "Total: size=0 B, count=0\n"
              "remark: nothing matches --filter */make.cpp and --function main\n");
}

TEST_F(Options, LargeBlocksOnly) {
    EXPECT_EQ(session.text("snapshot --min-size 200"),
              "/src/main.cpp:20: size=4096 B, count=1, average=4096 B\n"
              "/src/make.cpp:7: size=300 B, count=1, average=300 B\n"
              "Total: size=4396 B, count=2\n");
    EXPECT_EQ(session.text("stats --min-size 4K"),
              "/src/main.cpp:20: size=4096 B, count=1, average=4096 B\n"
              "Total: size=4096 B, count=1\n");
    EXPECT_EQ(session.text("diff --min-size 4K"),
              "/src/main.cpp:20: size=4096 B (+0 B), count=1 (+0), average=4096 B\n"
              "Total: size=4096 B (+0 B), count=1 (+0)\n");
    session.text("snapshot bare");
    for (const char* line : {"stats --min-size 200", "diff --min-size 200"})
        EXPECT_EQ(session.error(line), "snapshot 2 has no blocks; take it with --blocks");
    EXPECT_THAT(session.error("peak --min-size 1"), HasSubstr("no option --min-size"));
}

TEST_F(Options, CumulativeAndSort) {
    EXPECT_EQ(session.text("snapshot --cumulative"),
              "/src/main.cpp:20: size=4196 B, count=2, average=2098 B\n"
              "/src/make.cpp:7: size=400 B, count=2, average=200 B\n"
              "/src/main.cpp:12: size=300 B, count=1, average=300 B\n"
              "Total: size=4496 B, count=3\n");
    EXPECT_THAT(session.text("stats --cumulative -n 1"),
                EndsWith("2 other\nTotal: size=4496 B, count=3\n"));
    EXPECT_THAT(session.text("stats --sort count"), StartsWith("/src/make.cpp:7: "));
    EXPECT_EQ(session.text("stats --by domain"),
              "domain 0: size=4496 B, count=3, average=1499 B\n"
              "Total: size=4496 B, count=3\n");
    EXPECT_EQ(json("stats --by domain --json")["statistics"][0]["domain"], 0);
    EXPECT_TRUE(json("stats --cumulative --json")["cumulative"]);
}

TEST_F(Options, TotalsAndTemporaries) {
    for (int i = 0; i < 9; ++i) builder.release(builder.allocate(second, 1000));
    build();
    EXPECT_EQ(session.text("snapshot --sort total-size"),
              "/src/make.cpp:7: size=400 B, count=2, average=200 B "
              "(total: size=9400 B, count=11, average=855 B, temporary=0)\n"
              "/src/main.cpp:20: size=4096 B, count=1, average=4096 B "
              "(total: size=4096 B, count=1, average=4096 B, temporary=0)\n"
              "Total: size=4496 B, count=3 (total: size=13.2 KiB, count=12, average=1125 B, "
              "temporary=0)\n");
    const Json row = json("stats --sort total-count --json")["statistics"][0];
    EXPECT_EQ(row["total_count"], 11);
    EXPECT_EQ(row["temporary_count"], 0);
}

TEST_F(Options, TracebacksAreCutAndTurned) {
    session.text("snapshot");
    EXPECT_EQ(session.text("stats --by traceback --filter '*/make.cpp' --limit -1 -n 1"),
              "/src/make.cpp:7: size=300 B, count=1, average=300 B\n"
              "  File \"/src/main.cpp\", line 12\n"
              "1 other: size=100 B, count=1\n"
              "Total: size=400 B, count=2\n");
    EXPECT_THAT(session.text("stats --by traceback --most-recent-first --filter '*/make.cpp'"),
                StartsWith("/src/make.cpp:7: size=300 B, count=1, average=300 B\n"
                           "  File \"/src/make.cpp\", line 7\n"
                           "  File \"/src/main.cpp\", line 12\n"));
    EXPECT_THAT(session.text("stats --by traceback --limit 0"), Not(HasSubstr("File")));
}

TEST_F(Options, OneLineForEachMistake) {
    session.text("snapshot");
    const std::string before = session.text("list");
    EXPECT_EQ(session.error("stats --cumulative --by traceback"),
              "--cumulative charges each frame of a traceback and cannot be used with --by "
              "traceback");
    EXPECT_THAT(session.error("diff --cumulative --by domain"), EndsWith("--by domain"));
    EXPECT_EQ(session.error("stats --sort weight"),
              "--sort takes one of size, count, total-size, total-count, not weight");
    EXPECT_THAT(session.error("stats --sort total"), HasSubstr("not total"));
    EXPECT_EQ(session.error("stats --filter 'a[b'"),
              "--filter: the [ in a[b has no closing ]; [[] is a [ as such");
    EXPECT_EQ(session.error("stats --exclude a.c:5x"),
              "--exclude takes GLOB or GLOB:LINE; 5x is no line number");
    EXPECT_EQ(session.error("stats --function ''"),
              "--function takes a glob such as '*/parse.cpp', not nothing");
    EXPECT_THAT(session.error("stats --domain x"), StartsWith("--domain takes the number"));
    EXPECT_THAT(session.error("stats --domain -1"), EndsWith("not -1"));
    EXPECT_THAT(session.error("stats --domain 4294967296"), EndsWith("not 4294967296"));
    EXPECT_THAT(session.error("stats --min-size much"), StartsWith("--min-size takes"));
    EXPECT_THAT(session.error("snapshot --min-size 1 --sort total-size"),
                StartsWith("--min-size looks at live blocks"));
    EXPECT_THAT(session.error("stats --limit few"), StartsWith("--limit takes"));
    EXPECT_THAT(session.error("stats --all-frames"), StartsWith("--all-frames is about"));
    EXPECT_EQ(session.error("diff 7"), "there is no snapshot 7; mt list shows them");
    EXPECT_EQ(session.error("diff 1 nope"), "there is no snapshot nope; mt list shows them");
    EXPECT_THAT(session.error("diff 1 1 1"), HasSubstr("one word too many"));
    EXPECT_EQ(session.text("list"), before);
}

TEST_F(Options, Completion) {
    session.text("snapshot before --by function");
    const auto complete = [this](const std::string& line) { return session.complete(line); };
    using ::testing::Contains;
    using ::testing::ElementsAre;
    using ::testing::IsEmpty;
    EXPECT_THAT(complete("di"), ElementsAre("diff"));
    EXPECT_THAT(complete("diff "), ElementsAre("1", "before"));
    EXPECT_THAT(complete("diff 1 b"), ElementsAre("before"));
    EXPECT_THAT(complete("diff --by lineno 1 b"), ElementsAre("before"));
    EXPECT_THAT(complete("diff 1 1 "), IsEmpty());
    EXPECT_THAT(complete("stats --cu"), ElementsAre("--cumulative"));
    EXPECT_THAT(complete("stats --sort to"), ElementsAre("total-size", "total-count"));
    EXPECT_THAT(complete("stats --sort=c"), ElementsAre("--sort=count"));
    EXPECT_THAT(complete("stats --by d"), ElementsAre("domain"));
    EXPECT_THAT(complete("stats --filter /src/ma"), ElementsAre("/src/main.cpp", "/src/make.cpp"));
    EXPECT_THAT(complete("stats --function "), ElementsAre("main", "make"));
    EXPECT_THAT(complete("stats --module="), Contains("--module=/usr/bin/program"));
    EXPECT_THAT(complete("stats -n "), IsEmpty());
    EXPECT_THAT(complete("stats -n 5 "), ElementsAre("1", "before"));
    EXPECT_THAT(complete("nonsense "), IsEmpty());
}

}  // namespace
}  // namespace mt::test
