// SPDX-License-Identifier: MIT
//
// Reports by size: rows against a count of the blocks one by one, in tables that record all,
// that are a sample, and that lie; what is printed, and what is refused.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <limits>
#include <map>
#include <random>
#include <set>

#include "abi/weight.h"
#include "analyse/by_size.h"
#include "analyse/statistics.h"
#include "core_report_fixture.h"
#include "core_traces.h"

namespace mt::core::test {
namespace {

using ::testing::ElementsAre;
using ::testing::UnorderedElementsAreArray;

constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();

TEST(SizeRanges, GoFromOnePowerOfTwoToTheNext) {
    for (unsigned bit = 0; bit < 64; ++bit) {
        const std::uint64_t power = std::uint64_t{1} << bit;
        const std::uint64_t last = power | (power - 1);
        for (const std::uint64_t size : {power, power + (last - power) / 2, last}) {
            EXPECT_EQ(size_range(size, false).least, power) << size;
            EXPECT_EQ(size_range(size, false).most, last) << size;
            EXPECT_EQ(size_range(size, true).least, size);
            EXPECT_EQ(size_range(size, true).most, size);
        }
    }
    EXPECT_EQ(size_range(0, false).most, 0u);
}

TEST(SizeRanges, HaveTitlesThatSayWhichEndIsWithin) {
    const auto title = [](std::uint64_t size) { return size_title(size_range(size, false)); };
    EXPECT_EQ(title(0), "0 B");
    EXPECT_EQ(title(1), "1 B");
    EXPECT_EQ(title(3), "2 B to below 4 B");
    EXPECT_EQ(title(127), "64 B to below 128 B");
    EXPECT_EQ(title(8192), "8192 B to below 16.0 KiB");
    EXPECT_EQ(title(200 << 20), "128 MiB to below 256 MiB");
    EXPECT_EQ(title(kMost), "8388608 TiB to below 16777216 TiB");
    EXPECT_EQ(size_title(size_range(1234567, true)), "1234567 B");
}

// What a row is found to be, by its least size.
struct Counted {
    std::int64_t size = 0, count = 0, samples = 0;
    std::set<std::uint32_t> traces;
    bool operator==(const Counted&) const = default;
};

class Sizes : public ::testing::Test {
  protected:
    std::map<std::uint64_t, Counted> rows(const Grouping& grouping) {
        Resolver resolver(symboliser, book.table, {&book.code, false});
        auto made = statistics(resolver, skip, grouping);
        EXPECT_TRUE(made);
        std::map<std::uint64_t, Counted> rows;
        for (std::size_t i = 0; i < made->size(); ++i) {
            const Statistic& row = (*made)[i];
            EXPECT_LE(row.size, (*made)[i == 0 ? 0 : i - 1].size) << i;
            EXPECT_EQ(row.total_count, 0u);
            const RowFrame& frame = row.traceback.at(0);
            const bool exact = grouping.key == KeyType::exact_size;
            EXPECT_EQ(symboliser.book().text(frame.label),
                      size_title(size_range(frame.offset.value(), exact)));
            EXPECT_TRUE(std::is_sorted(row.traces.begin(), row.traces.end()));
            const auto [at, is_new] = rows.try_emplace(
                *frame.offset,
                Counted{row.size, row.count, row.samples, {row.traces.begin(), row.traces.end()}});
            EXPECT_TRUE(is_new);
            EXPECT_EQ(at->second.traces.size(), row.traces.size());
        }
        return rows;
    }

    // Block by block. Without a filter of tracebacks all blocks are known, sample or not.
    std::map<std::uint64_t, Counted> expected(const Grouping& grouping) {
        const bool exact_size = grouping.key == KeyType::exact_size;
        const std::uint64_t mean = book.table.status.sample_bytes;
        const bool estimated = mean != 0 && !grouping.filters.empty();
        std::map<std::uint64_t, std::pair<std::uint64_t, std::uint64_t>> sums;
        std::map<std::uint64_t, Counted> rows;
        for (const Block& block : book.table.blocks) {
            if (block.size < grouping.blocks.min_size || block.size > grouping.blocks.max_size)
                continue;
            std::uint64_t least = block.size;
            if (!exact_size && block.size != 0)
                for (least = std::uint64_t{1} << 63; least > block.size;) least >>= 1;
            std::optional<std::uint32_t> place;
            for (std::uint32_t i = 0; i < book.table.traces.size(); ++i)
                if (book.table.traces[i].id == block.stack) place = i;
            const bool known = place || (mean != 0 && block.stack == abi::kStackNotSampled);
            if (!known || (!grouping.filters.empty() && (!place || *place % 3 == 0))) continue;
            Counted& row = rows[least];
            if (place) row.traces.insert(*place);
            auto& [bytes, count] = sums[least];
            if (estimated && block.stack >= abi::kReservedStacks) {
                const abi::Weight weight = abi::weight_of(block.size, mean);
                bytes += weight.bytes;
                count += weight.count;
                ++row.samples;
            } else {
                bytes += block.size << (estimated ? abi::kWeightByteBits : 0);
                count += 1u << (estimated ? abi::kWeightCountBits : 0);
            }
        }
        for (auto& [least, row] : rows) {
            const auto& [bytes, count] = sums[least];
            row.size = static_cast<std::int64_t>(
                estimated ? (bytes + (1u << (abi::kWeightByteBits - 1))) >> abi::kWeightByteBits
                          : bytes);
            row.count = static_cast<std::int64_t>(
                estimated ? (count + (1u << (abi::kWeightCountBits - 1))) >> abi::kWeightCountBits
                          : count);
        }
        return rows;
    }

    // Tracebacks 0, 3, 6, … are in a file of their own, which a filter leaves out.
    void fill(std::mt19937_64& random) {
        std::vector<std::uint32_t> ids;
        for (std::uint32_t i = 0; i < 20; ++i)
            ids.push_back(book.trace({Spot{i % 3 == 0 ? "out.c" : "in.c", i}}, 1, 1).id);
        ids.push_back(book.reserved(abi::kStackNested, 1, 1).id);  // place 20: kept
        ids.push_back(abi::kStackNotSampled);
        ids.push_back(9999);  // of no traceback
        for (std::uint64_t i = 0; i < 3000; ++i) {
            const std::uint64_t size = random() >> (20 + random() % 44) >> random() % 2;
            book.table.blocks.push_back({0x1000 + i * 16, size, ids[random() % ids.size()], 0});
        }
        book.table.blocks.push_back({0x10, 0, ids[1], 0});
        book.table.has_blocks = true;
    }

    void expect_equal() {
        Filter in;
        in.pattern = "*in*";  // in.c, and <inside a traced event>
        for (const KeyType key : {KeyType::size, KeyType::exact_size})
            for (const bool filtered : {false, true})
                for (const std::uint64_t least : {std::uint64_t{0}, std::uint64_t{100}}) {
                    Grouping grouping;
                    grouping.key = key;
                    grouping.blocks.min_size = least;
                    if (filtered) grouping.filters = {{in}};
                    EXPECT_EQ(rows(grouping), expected(grouping))
                        << name_of(key) << filtered << least;
                }
    }

    TraceBook book;
    Symboliser symboliser;
    SkipRules skip;
};

TEST_F(Sizes, AreWhatCountingEachBlockGives) {
    std::mt19937_64 random(1);
    fill(random);
    expect_equal();
}

// Also where a row has blocks of a sample beside some that are counted one by one.
TEST_F(Sizes, OfASampleAreExactUntilTracebacksAreLeftOut) {
    std::mt19937_64 random(2);
    fill(random);
    book.table.status.sample_bytes = 4096;
    expect_equal();
}

TEST_F(Sizes, AStrangersAddUpWithoutHarm) {
    const std::uint32_t id = book.trace({Spot{"a.c", 1}}, 1, 1).id;
    const std::uint64_t large = std::uint64_t{1} << 62;
    for (const std::uint64_t size : {large, large, large, kMost, kMost - 1})
        book.table.blocks.push_back({0x10, size, id, 0});
    book.table.has_blocks = true;
    for (const std::uint64_t mean : {0, 4096})
        for (const KeyType key : {KeyType::size, KeyType::exact_size}) {
            book.table.status.sample_bytes = mean;
            Grouping grouping;
            grouping.key = key;
            EXPECT_EQ(rows(grouping)[large].count, 3);
            EXPECT_EQ(rows(grouping).size(), key == KeyType::size ? 2u : 3u);
            Filter all;
            all.pattern = "*";
            grouping.filters = {{all}};
            rows(grouping);
        }
}

TEST_F(Sizes, CtrlCEndsThem) {
    std::mt19937_64 random(3);
    fill(random);
    Resolver resolver(symboliser, book.table, {&book.code, false});
    Grouping grouping;
    grouping.key = KeyType::exact_size;
    int polls = 0;
    const auto made = statistics(resolver, skip, grouping, [&] { return ++polls > 30; });
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code, Code::interrupted);
}

}  // namespace
}  // namespace mt::core::test

namespace mt::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Json = nlohmann::json;

class SizeReport : public Report {
  protected:
    SizeReport() {
        for (const std::uint64_t size : {64, 100, 100}) builder.allocate(first, size);
        small = builder.allocate(second, 70);
        builder.allocate(other, 16384);
        empty = builder.allocate(second, 0);
        build();
    }
    TableBuilder::Address small = 0, empty = 0;
};

TEST_F(SizeReport, HasARowForEachPowerOfTwo) {
    EXPECT_EQ(session.text("snapshot --by size"),
              "16.0 KiB to below 32.0 KiB: size=16.0 KiB, count=1, average=16.0 KiB\n"
              "64 B to below 128 B: size=334 B, count=4, average=84 B\n"
              "0 B: size=0 B, count=1, average=0 B\n"
              "Total: size=16.3 KiB, count=6\n");
    EXPECT_EQ(session.text("stats --by size --sort count -n 1"),
              "64 B to below 128 B: size=334 B, count=4, average=84 B\n"
              "2 other: size=16.0 KiB, count=2\n"
              "Total: size=16.3 KiB, count=6\n");
    EXPECT_EQ(session.text("stats --by size --min-size 65 --function make*"),
              "64 B to below 128 B: size=270 B, count=3, average=90 B\n"
              "Total: size=270 B, count=3\n");
}

TEST_F(SizeReport, HasARowForEachSize) {
    EXPECT_EQ(session.text("snapshot --by size=exact"),
              "16384 B: size=16.0 KiB, count=1, average=16.0 KiB\n"
              "100 B: size=200 B, count=2, average=100 B\n"
              "70 B: size=70 B, count=1, average=70 B\n"
              "64 B: size=64 B, count=1, average=64 B\n"
              "0 B: size=0 B, count=1, average=0 B\n"
              "Total: size=16.3 KiB, count=6\n");
}

TEST_F(SizeReport, ShowsTheStacksBehindARow) {
    session.text("snapshot --by size");
    EXPECT_EQ(session.text("traceback 2"),
              "64 B to below 128 B: size=334 B, count=4, average=84 B\n"
              "size=264 B, count=3, average=88 B (79.0 %)\n"
              "  File \"/src/main.cpp\", line 12, in main\n"
              "  File \"/src/make.cpp\", line 7, in make(int)\n"
              "size=70 B, count=1, average=70 B (21.0 %)\n"
              "  File \"/src/main.cpp\", line 20, in main\n"
              "  File \"/src/make.cpp\", line 7, in make(int)\n"
              "Total: size=334 B, count=4\n");
    EXPECT_THAT(session.text("traceback 3"), HasSubstr("Total: size=0 B, count=1\n"));
    session.text("stats --by size --min-size 65");
    EXPECT_THAT(session.text("traceback 2"), HasSubstr("Total: size=270 B, count=3\n"));
    session.text("stats --by size=exact");
    EXPECT_THAT(session.text("traceback 3"), HasSubstr("70 B: size=70 B, count=1"));
    EXPECT_THAT(session.text("traceback 3"), HasSubstr("Total: size=70 B, count=1\n"));
}

TEST_F(SizeReport, ComparesRowWithRow) {
    session.text("snapshot before --blocks");
    builder.release(small);
    builder.release(empty);
    for (int i = 0; i < 2; ++i) builder.allocate(first, 20);
    build();
    EXPECT_EQ(session.text("diff --by size"),
              "64 B to below 128 B: size=264 B (-70 B), count=3 (-1), average=88 B\n"
              "16 B to below 32 B: size=40 B (+40 B), count=2 (+2), average=20 B\n"
              "16.0 KiB to below 32.0 KiB: size=16.0 KiB (+0 B), count=1 (+0), average=16.0 KiB\n"
              "0 B: size=0 B (+0 B), count=0 (-1)\n"
              "Total: size=16.3 KiB (-30 B), count=6 (+0)\n");
    EXPECT_THAT(session.text("traceback 1"),
                HasSubstr("size=0 B (-70 B), count=0 (-1)\n"
                          "  File \"/src/main.cpp\", line 20, in main\n"));
    EXPECT_THAT(session.text("traceback 1"),
                HasSubstr("Total: size=264 B (-70 B), count=3 (-1)\n"));
    EXPECT_EQ(json("diff --by size --json")["statistics"][0]["sizes"],
              Json({{"least", 64}, {"most", 127}}));
}

TEST_F(SizeReport, IsADocument) {
    const Json report = json("snapshot --by size --json");
    EXPECT_EQ(report["by"], "size");
    EXPECT_EQ(report["statistics"][1], Json({{"size", 334},
                                             {"count", 4},
                                             {"total_size", 0},
                                             {"total_count", 0},
                                             {"temporary_count", 0},
                                             {"sizes", {{"least", 64}, {"most", 127}}}}));
    EXPECT_EQ(report["statistics"][2]["sizes"], Json({{"least", 0}, {"most", 0}}));
    const Json exact = json("stats --by size=exact -n 2 --json");
    EXPECT_EQ(exact["by"], "size=exact");
    EXPECT_EQ(exact["statistics"][1]["sizes"], Json({{"least", 100}, {"most", 100}}));
}

TEST_F(SizeReport, SaysWhatItCannotDo) {
    session.text("snapshot bare");
    for (const char* line : {"stats --by size", "stats --by size=exact", "diff --by size"})
        EXPECT_EQ(session.error(line), "snapshot 1 has no blocks; take it with --blocks");
    for (const char* key : {"size", "size=exact"}) {
        EXPECT_EQ(session.error(fmt::format("peak --by {} --reset", key)),
                  fmt::format("what the peak was made of is not known by {0}; mt snapshot --by {0} "
                              "shows what is live",
                              key));
        EXPECT_EQ(session.error(fmt::format("snapshot --cumulative --by {}", key)),
                  fmt::format("--cumulative charges each frame of a traceback and cannot be used "
                              "with --by {}",
                              key));
        EXPECT_EQ(session.error(fmt::format("snapshot --sort total-count --by {}", key)),
                  fmt::format("--by {} looks at live blocks, whose totals are not known; sort by "
                              "size or count",
                              key));
    }
    EXPECT_TRUE(debugger.writes.empty());  // also of --reset
    EXPECT_THAT(session.error("snapshot --by size=5"),
                HasSubstr("thread, size, size=exact, type, not"));
    EXPECT_THAT(session.complete("sn --by s"), ElementsAre("size", "size=exact"));
    EXPECT_THAT(session.text("help snapshot"), HasSubstr("size=exact"));
}

}  // namespace
}  // namespace mt::test
