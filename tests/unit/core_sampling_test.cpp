// SPDX-License-Identifier: MIT
//
// Sampling as a user meets it: asked for in one option, and marked wherever a
// figure is an estimate.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>

#include "core_report_fixture.h"

namespace mt::test {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Pair;
using ::testing::StartsWith;
using Json = nlohmann::json;

constexpr std::uint64_t kRequest = TableBuilder::kRoot + offsetof(abi::Root, request);
constexpr std::uint64_t kSample = TableBuilder::kRoot + offsetof(abi::Root, sample_bytes);
constexpr std::uint64_t kOnSampling = abi::kRequestOn | abi::kRequestSampling;

FakeMemory idle_table(std::uint64_t flags = 0) {
    TableBuilder builder;
    builder.root.request = abi::make_request(flags, 0, 4);
    builder.root.header = 0;
    return builder.build();
}

// --- asking for it ---

TEST(StartSampling, WritesTheMeanBeforeTheRequest) {
    FakeDebugger debugger(idle_table());
    FakeSession session(debugger);
    EXPECT_EQ(session.text("start 7 --sample 512K"),
              "tracing is on (7 frames, sampled every 512 KiB)\n");
    EXPECT_THAT(debugger.writes, ElementsAre(Pair(kSample, 524288u),
                                             Pair(kRequest, abi::make_request(kOnSampling, 7, 5))));
}

TEST(StartSampling, IsForgottenByAStartWithoutIt) {
    FakeDebugger debugger(idle_table(abi::kRequestSampling | abi::kRequestWatch));
    FakeSession session(debugger);
    EXPECT_EQ(session.text("start 7"), "tracing is on (7 frames)\n");
    const auto expected = abi::make_request(abi::kRequestOn | abi::kRequestWatch, 7, 5);
    EXPECT_THAT(debugger.writes, ElementsAre(Pair(kRequest, expected)));
}

TEST(StartSampling, SurvivesAClear) {
    FakeDebugger debugger(idle_table());
    FakeSession session(debugger);
    session.text("start --sample 1M");
    session.text("clear");
    EXPECT_EQ(debugger.writes.back(),
              std::make_pair(kRequest, abi::make_request(kOnSampling, 32, 6)));
    EXPECT_THAT(session.text("status"), HasSubstr("sampling: one allocation every 1024 KiB"));
}

TEST(StartSampling, NonsenseIsOneLine) {
    FakeDebugger debugger(idle_table());
    FakeSession session(debugger);
    for (const char* text : {"0", "-1", "x", "512Q", "1.5M", "2T", "99999999999999999999"}) {
        EXPECT_EQ(session.error(std::string("start --sample=") + text),
                  std::string("--sample takes the bytes from one sample to the next, 1 to 1T, such "
                              "as 524288 or 512K, not ") +
                      text);
    }
    EXPECT_EQ(session.error("start --sample"),
              "option --sample of mt start needs a value: --sample BYTES");
    EXPECT_EQ(session.error("start 0 --sample 1M"),
              "the number of frames must be in range [1; 65535]");
    EXPECT_THAT(debugger.writes, IsEmpty());
}

TEST(StartSampling, WhileTracingNothingChanges) {
    TableBuilder builder;
    builder.sample(4096);
    builder.allocate(builder.add_stack({kCode + 0x100}), 8);
    FakeDebugger debugger(builder.build());
    FakeSession session(debugger);
    EXPECT_EQ(session.text("start --sample 1M"),
              "tracing is on already (32 frames, sampled every 4096 B); nothing was changed\n");
    EXPECT_THAT(debugger.writes, IsEmpty());
}

TEST(StartSampling, WhenTheRuntimeIsMapped) {
    FakeDebugger debugger;
    debugger.symbols.clear();
    FakeSession session(debugger);
    EXPECT_EQ(session.text("start 9 --sample 8K"),
              "tracing starts as soon as the runtime is loaded (9 frames, sampled every 8192 B)\n");
    EXPECT_EQ(session.text("status"),
              "tracing: off; starts as soon as the runtime is loaded (frames: 9, sampled every "
              "8192 B)\n");
    debugger.symbols["memtrace_root"] = TableBuilder::kRoot;
    debugger.memory = idle_table();
    EXPECT_EQ(mtc_loaded(session.get()), MTC_OK);
    EXPECT_THAT(debugger.writes, ElementsAre(Pair(kSample, 8192u),
                                             Pair(kRequest, abi::make_request(kOnSampling, 9, 5))));
}

// --- what reports say ---

class SampledReport : public Report {
  protected:
    SampledReport() {
        builder.sample(1000);
        for (int i = 0; i < 50; ++i) beside = builder.allocate(abi::kStackNotSampled, 10);
        for (int i = 0; i < 4; ++i) builder.allocate(first, 100);
        builder.allocate(second, 100);
        last = builder.allocate(other, 50000);
        build();
    }
    TableBuilder::Address last = 0, beside = 0;
};

constexpr const char* kRemark =
    "remark: rows are estimates from a sample (one allocation every 1000 B on average); +/- is the "
    "standard error of the size; current, peak and Total are exact\n";

TEST_F(SampledReport, RowsAreMarkedAndTotalsAreExact) {
    EXPECT_EQ(session.text("snapshot"),
              std::string("/src/main.cpp:20: size=48.8 KiB, count=1, average=48.8 KiB "
                          "(estimate: 1 sample, +/-2.0 %)\n"
                          "/src/make.cpp:7: size=5254 B, count=53, average=99 B "
                          "(estimate: 5 samples, +/-43 %)\n"
                          "Total: size=49.8 KiB, count=56\n") +
                  kRemark);
    EXPECT_THAT(session.text("snapshot -n 1"),
                HasSubstr("1 other: size=5254 B, count=53 (estimate: 5 samples, +/-43 %)\n"
                          "Total: size=49.8 KiB, count=56\n"));
}

TEST_F(SampledReport, PeakHasItsOwnSamples) {
    builder.release(last);
    build();
    const std::string text = session.text("peak");
    EXPECT_THAT(text, StartsWith("current: size=1000 B, count=55\n"
                                 "peak: size=49.8 KiB, count=56\n"
                                 "/src/main.cpp:20: size=48.8 KiB, count=1, average=48.8 KiB "
                                 "(estimate: 1 sample, +/-2.0 %)\n"));
    EXPECT_THAT(text, HasSubstr("Total: size=49.8 KiB, count=56\n"));
    EXPECT_THAT(session.text("peak --reset"),
                HasSubstr("peak: size=1000 B, count=55\n"
                          "/src/make.cpp:7: size=5254 B, count=53, average=99 B "
                          "(estimate: 5 samples, +/-43 %)\n"
                          "Total: size=1000 B, count=55\n"));
}

// Of one row alone nothing exact is known.
TEST_F(SampledReport, StacksBehindARow) {
    session.text("snapshot");
    EXPECT_EQ(session.text("traceback 2"),
              "/src/make.cpp:7: size=5254 B, count=53, average=99 B "
              "(estimate: 5 samples, +/-43 %)\n"
              "size=4203 B, count=42, average=100 B (80.0 %) (estimate: 4 samples, +/-48 %)\n"
              "  File \"/src/main.cpp\", line 12, in main\n"
              "  File \"/src/make.cpp\", line 7, in make(int)\n"
              "size=1051 B, count=11, average=96 B (20.0 %) (estimate: 1 sample, +/-95 %)\n"
              "  File \"/src/main.cpp\", line 20, in main\n"
              "  File \"/src/make.cpp\", line 7, in make(int)\n"
              "Total: size=5254 B, count=53 (estimate: 5 samples, +/-43 %)\n"
              "remark: rows are estimates from a sample (one allocation every 1000 B on average); "
              "+/- is the standard error of the size; current and peak are exact\n");
}

TEST_F(SampledReport, Json) {
    const Json report = json("snapshot --json -n 1");
    EXPECT_EQ(report["sample_bytes"], 1000);
    EXPECT_EQ(report["statistics"][0]["samples"], 1);
    EXPECT_EQ(report["statistics"][0]["error"], 1000);
    EXPECT_EQ(report["other"]["samples"], 5);
    EXPECT_EQ(report["other"]["error"], 2236);
    EXPECT_EQ(report["total"], Json::parse(R"({"size": 51000, "count": 56})"));
    EXPECT_EQ(report["remarks"][0]["code"], "sampled");
    EXPECT_EQ(report["remarks"][0]["count"], 6);
    const Json row = json("traceback 1 --json");
    EXPECT_EQ(row["total"]["samples"], 1);
}

TEST_F(SampledReport, StatusAndListNameTheRate) {
    EXPECT_THAT(session.text("status"),
                HasSubstr("frames: 32\nsampling: one allocation every 1000 B on average\n"
                          "current: size=49.8 KiB, count=56\n"));
    EXPECT_EQ(json("status --json")["sample_bytes"], 1000);
    session.text("snapshot one");
    EXPECT_EQ(session.text("list"),
              "1 one: size=49.8 KiB, count=56, 3 tracebacks, sampled every 1000 B\n");
    EXPECT_EQ(json("list --json")["snapshots"][0]["sample_bytes"], 1000);
}

TEST_F(SampledReport, SnapshotsRememberIt) {
    session.text("snapshot");
    session.text("stop");
    session.text("start");
    EXPECT_THAT(session.text("status"), Not(HasSubstr("sampling")));
    EXPECT_THAT(session.text("stats"), HasSubstr(kRemark));
    EXPECT_THAT(session.text("snapshot"), Not(HasSubstr("estimate")));
}

// A sampled program of 1000 blocks once had 17 in mt blocks, and no live block at the
// address of any other: those that are not in the sample are no rows, but blocks.
TEST_F(SampledReport, EveryBlockIsListedOneByOne) {
    const std::string remark =
        "remark: 50 blocks are not in the sample (one allocation every 1000 B on average): who "
        "allocated them was not recorded\n";
    const std::string all = session.text("blocks -n 0");
    EXPECT_EQ(std::count(all.begin(), all.end(), '\n'), 56 + 2);
    EXPECT_THAT(all, HasSubstr(": size=10 B, <not sampled>:0\n"));
    EXPECT_THAT(all, HasSubstr("\nTotal: size=49.8 KiB, count=56\n" + remark));
    EXPECT_THAT(session.text("blocks --min-size 11"),
                AllOf(HasSubstr("Total: size=49.3 KiB, count=6\n"), Not(HasSubstr("remark"))));
    EXPECT_EQ(json("blocks -n 0 --json")["blocks"].size(), 56u);

    const std::string at = fmt::format("{:#x}", beside + 3);
    EXPECT_THAT(session.text("blocks -n 3 --neighbours " + at),
                AllOf(HasSubstr("<not sampled>:0, offset 3\n"), Not(HasSubstr("no live block"))));
    EXPECT_THAT(session.text("block " + at), HasSubstr("size=10 B, offset 3\n"));
    EXPECT_THAT(session.text("block " + at), HasSubstr("  File \"<not sampled>\", line 0\n"));
}

TEST_F(SampledReport, FiltersSayWhatTheyCannotDecide) {
    EXPECT_THAT(session.text("blocks --function 'make*'"),
                HasSubstr("Total: size=500 B, count=5\n"
                          "remark: 50 blocks are not in the sample (one allocation every 1000 B on "
                          "average): who allocated them was not recorded, so the filters leave "
                          "them out\n"));
}

TEST_F(SampledReport, KeptBlocksAreAllOfThem) {
    session.text("snapshot one --blocks");
    EXPECT_THAT(session.text("list"), HasSubstr("count=56, 3 tracebacks, sampled every 1000 B"));
    const std::string file = ::testing::TempDir() + "sampled-blocks.pb.gz";
    session.text("save " + file + " --replace");
    session.text("load " + file + " again");
    for (const char* which : {"one", "again"}) {
        const std::string listed = session.text(std::string("blocks -n 1 ") + which);
        EXPECT_THAT(listed, HasSubstr("55 other: size=1000 B, count=55\n")) << which;
        EXPECT_THAT(listed, HasSubstr("Total: size=49.8 KiB, count=56\n")) << which;
    }
    EXPECT_THAT(session.text("list"), HasSubstr("2 again: size=49.8 KiB, count=56, 3 tracebacks"));
    EXPECT_THAT(session.text("stats again -n 1"), HasSubstr("Total: size=49.8 KiB, count=56\n"));
    std::filesystem::remove(file);
}

// Of threads and of marks all blocks are known, so that nothing is estimated.
TEST_F(SampledReport, RowsOfThreadsAreExact) {
    const std::string text = session.text("snapshot --by thread");
    EXPECT_THAT(text, Not(HasSubstr("estimate")));
}

// So they are of sizes, as long as tracebacks do not matter.
TEST_F(SampledReport, RowsOfSizesAreExactWithoutAFilter) {
    EXPECT_EQ(session.text("snapshot --by size"),
              "32.0 KiB to below 64.0 KiB: size=48.8 KiB, count=1, average=48.8 KiB\n"
              "8 B to below 16 B: size=500 B, count=50, average=10 B\n"
              "64 B to below 128 B: size=500 B, count=5, average=100 B\n"
              "Total: size=49.8 KiB, count=56\n");
    EXPECT_THAT(session.text("traceback 2"), HasSubstr("Total: size=0 B, count=0\n"));
    const std::string filtered = session.text("stats --by size --function make*");
    EXPECT_THAT(filtered, StartsWith("64 B to below 128 B: size=5254 B, count=53, average=99 B "
                                     "(estimate: 5 samples, +/-"));
    EXPECT_THAT(filtered, HasSubstr("remark: rows are estimates from a sample"));
}

// Each of them is recorded, sample or not.
TEST_F(SampledReport, RowsOfHandlersAreExact) {
    builder.allocate(abi::kStackNested, 7);
    build();
    EXPECT_THAT(session.text("snapshot"),
                HasSubstr("<inside a traced event>:0: size=7 B, count=1, average=7 B\n"));
}

TEST_F(Report, WithoutSamplingNothingIsSaid) {
    builder.allocate(first, 100);
    build();
    EXPECT_THAT(session.text("snapshot"), Not(HasSubstr("estimate")));
    EXPECT_FALSE(json("snapshot --json").contains("sample_bytes"));
    EXPECT_FALSE(json("snapshot --json")["statistics"][0].contains("samples"));
    EXPECT_THAT(session.text("status"), Not(HasSubstr("sampling")));
    EXPECT_THAT(session.text("list"), Not(HasSubstr("sampled")));
}

}  // namespace
}  // namespace mt::test
