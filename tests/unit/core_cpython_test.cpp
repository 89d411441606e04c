// SPDX-License-Identifier: MIT
//
// CPython's TestSnapshot, case by case, on its own fixture: two snapshots with
// the figures that Lib/test/test_tracemalloc.py expects of them.
// docs/tracemalloc.md lists which of its cases is tested where.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "analyse/difference.h"
#include "analyse/statistics.h"
#include "core_traces.h"
#include "model/text.h"
#include "show/text/traceback.h"

namespace mt::core::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Most recent frame first, "<-" = called from.
class TestSnapshot : public ::testing::Test {
  protected:
    TestSnapshot() {
        const std::vector<Spot> a2 = {{"a.py", 2}, {"b.py", 4}}, a5 = {{"a.py", 5}, {"b.py", 4}};
        for (int i = 0; i < 3; ++i) old.trace(a2, 10, 1);
        old.trace(a5, 2, 1).domain = 1;
        old.trace({Spot{"b.py", 1}}, 66, 1).domain = 2;
        old.trace(std::vector<Pc>{}, 7, 1).domain = 3;
        for (int i = 0; i < 3; ++i) now.trace(a2, 10, 1);
        now.trace(a5, 2, 1).domain = 2;
        now.trace(a5, 5000, 1).domain = 2;
        now.trace({Spot{"c.py", 578}}, 400, 1).domain = 4;
        // Other processes, as far as names are concerned: each book has its own code.
        now.table.status.identity = {0xdecade, 78, 1};
    }

    std::vector<Statistic> group(TraceBook& book, const Grouping& grouping) {
        Resolver resolver(symboliser, book.table, {&book.code, false});
        auto made = statistics(resolver, skip, grouping);
        EXPECT_TRUE(made) << made.error().text;
        return std::move(*made);
    }
    std::string name(const std::vector<RowFrame>& traceback) {
        std::string text;
        for (const RowFrame& frame : traceback)
            text += (text.empty() ? "" : " <- ") + symboliser.book().text(frame.label) + ":" +
                    std::to_string(frame.line);
        return text;
    }
    std::vector<std::string> rows(TraceBook& book, const Grouping& grouping) {
        std::vector<std::string> out;
        for (const Statistic& row : group(book, grouping))
            out.push_back(name(row.traceback) + " " + std::to_string(row.size) + "/" +
                          std::to_string(row.count));
        return out;
    }
    std::vector<std::string> differences(const Grouping& grouping) {
        std::vector<std::string> out;
        const auto rows = compare(symboliser.book(), group(now, grouping), group(old, grouping));
        for (const StatisticDiff& row : *rows)
            out.push_back(
                name(row.traceback) + ": " +
                format_difference(row.size, row.size_diff, row.count, row.count_diff, true));
        return out;
    }
    static Grouping by(KeyType key, bool cumulative = false) {
        Grouping grouping;
        grouping.key = key;
        grouping.cumulative = cumulative;
        return grouping;
    }
    static Grouping filtered(const FilterList& list) {
        Grouping grouping;
        grouping.filters = {list};
        return grouping;
    }
    static Filter file(bool inclusive, const char* pattern) {
        Filter made;
        made.inclusive = inclusive;
        made.pattern = pattern;
        return made;
    }

    TraceBook old, now;
    Symboliser symboliser;
    SkipRules skip;
};

TEST_F(TestSnapshot, filter_traces) {
    EXPECT_THAT(rows(old, filtered({file(false, "b.py")})),
                ElementsAre("a.py:2 30/3", "<unknown>:0 7/1", "a.py:5 2/1"));
    EXPECT_THAT(rows(old, filtered({file(true, "a.py"), file(true, "b.py")})),
                ElementsAre("b.py:1 66/1", "a.py:2 30/3", "a.py:5 2/1"));
    EXPECT_THAT(rows(old, filtered({})),
                ElementsAre("b.py:1 66/1", "a.py:2 30/3", "<unknown>:0 7/1", "a.py:5 2/1"));
}

TEST_F(TestSnapshot, filter_traces_domain) {
    Filter filter = file(false, "a.py");
    filter.domain = 1;
    EXPECT_THAT(rows(old, filtered({filter})),
                ElementsAre("b.py:1 66/1", "a.py:2 30/3", "<unknown>:0 7/1"));
    filter.inclusive = true;
    EXPECT_THAT(rows(old, filtered({filter})), ElementsAre("a.py:5 2/1"));
}

TEST_F(TestSnapshot, filter_traces_domain_filter) {
    Filter filter;
    filter.by = FilterBy::domain;
    filter.domain = 3;
    filter.inclusive = false;
    EXPECT_THAT(rows(old, filtered({filter})),
                ElementsAre("b.py:1 66/1", "a.py:2 30/3", "a.py:5 2/1"));
    filter.inclusive = true;
    EXPECT_THAT(rows(old, filtered({filter})), ElementsAre("<unknown>:0 7/1"));
}

TEST_F(TestSnapshot, snapshot_group_by_line) {
    EXPECT_THAT(rows(old, {}),
                ElementsAre("b.py:1 66/1", "a.py:2 30/3", "<unknown>:0 7/1", "a.py:5 2/1"));
    EXPECT_THAT(rows(now, {}), ElementsAre("a.py:5 5002/2", "c.py:578 400/1", "a.py:2 30/3"));
    EXPECT_THAT(differences({}),
                ElementsAre("a.py:5: size=5002 B (+5000 B), count=2 (+1), average=2501 B",
                            "c.py:578: size=400 B (+400 B), count=1 (+1), average=400 B",
                            "b.py:1: size=0 B (-66 B), count=0 (-1)",
                            "<unknown>:0: size=0 B (-7 B), count=0 (-1)",
                            "a.py:2: size=30 B (+0 B), count=3 (+0), average=10 B"));
}

TEST_F(TestSnapshot, snapshot_group_by_file) {
    EXPECT_THAT(rows(old, by(KeyType::filename)),
                ElementsAre("b.py:0 66/1", "a.py:0 32/4", "<unknown>:0 7/1"));
    EXPECT_THAT(rows(now, by(KeyType::filename)), ElementsAre("a.py:0 5032/5", "c.py:0 400/1"));
    EXPECT_THAT(differences(by(KeyType::filename)),
                ElementsAre("a.py:0: size=5032 B (+5000 B), count=5 (+1), average=1006 B",
                            "c.py:0: size=400 B (+400 B), count=1 (+1), average=400 B",
                            "b.py:0: size=0 B (-66 B), count=0 (-1)",
                            "<unknown>:0: size=0 B (-7 B), count=0 (-1)"));
}

TEST_F(TestSnapshot, snapshot_group_by_traceback) {
    EXPECT_THAT(rows(old, by(KeyType::traceback)),
                ElementsAre("b.py:1 66/1", "a.py:2 <- b.py:4 30/3", "<unknown>:0 7/1",
                            "a.py:5 <- b.py:4 2/1"));
    EXPECT_THAT(differences(by(KeyType::traceback)),
                ElementsAre("a.py:5 <- b.py:4: size=5002 B (+5000 B), count=2 (+1), average=2501 B",
                            "c.py:578: size=400 B (+400 B), count=1 (+1), average=400 B",
                            "b.py:1: size=0 B (-66 B), count=0 (-1)",
                            "<unknown>:0: size=0 B (-7 B), count=0 (-1)",
                            "a.py:2 <- b.py:4: size=30 B (+0 B), count=3 (+0), average=10 B"));
}

TEST_F(TestSnapshot, snapshot_group_by_cumulative) {
    EXPECT_THAT(rows(old, by(KeyType::filename, true)),
                ElementsAre("b.py:0 98/5", "a.py:0 32/4", "<unknown>:0 7/1"));
    EXPECT_THAT(
        rows(old, by(KeyType::lineno, true)),
        ElementsAre("b.py:1 66/1", "b.py:4 32/4", "a.py:2 30/3", "<unknown>:0 7/1", "a.py:5 2/1"));
}

TEST_F(TestSnapshot, recursion_is_charged_repeatedly) {
    TraceBook book;
    book.trace({Spot{"r.py", 3}, {"r.py", 3}, {"m.py", 1}}, 10, 1);
    EXPECT_THAT(rows(book, by(KeyType::lineno, true)), ElementsAre("r.py:3 20/2", "m.py:1 10/1"));
    EXPECT_THAT(group(book, by(KeyType::lineno, true))[0].traces, ElementsAre(0u));
}

TEST_F(TestSnapshot, group_by_domain) {
    EXPECT_THAT(rows(old, by(KeyType::domain)), ElementsAre("domain 2:2 66/1", "domain 0:0 30/3",
                                                            "domain 3:3 7/1", "domain 1:1 2/1"));
    Grouping grouping = filtered({file(true, "a.py")});
    grouping.key = KeyType::domain;
    EXPECT_THAT(rows(old, grouping), ElementsAre("domain 0:0 30/3", "domain 1:1 2/1"));
}

TEST_F(TestSnapshot, totals_are_another_order) {
    Trace& churn = old.trace({Spot{"d.py", 1}}, 0, 0);
    churn.alloc_bytes = 1000;
    churn.alloc_count = 500;
    churn.temporary_count = 499;
    Grouping grouping;
    grouping.sort = Sort::total_size;
    EXPECT_THAT(rows(old, grouping), ElementsAre("d.py:1 0/0", "b.py:1 66/1", "a.py:2 30/3",
                                                 "<unknown>:0 7/1", "a.py:5 2/1"));
    EXPECT_EQ(group(old, grouping)[0].temporary_count, 499u);
    grouping.sort = Sort::count;
    EXPECT_THAT(rows(old, grouping),
                ElementsAre("a.py:2 30/3", "b.py:1 66/1", "<unknown>:0 7/1", "a.py:5 2/1"));
}

TEST_F(TestSnapshot, only_large_blocks) {
    old.table.has_blocks = true;
    for (std::uint32_t i = 0; i < 6; ++i)
        old.table.blocks.push_back(
            {0x1000 * (i + 1), i < 3 ? 10u : 66u, old.table.traces[i].id, 0});
    old.table.blocks.push_back({0x9000, 100, 99999, 0});  // names no traceback
    Grouping grouping;
    grouping.blocks.min_size = 11;
    EXPECT_THAT(rows(old, grouping), ElementsAre("b.py:1 66/1", "a.py:5 66/1", "<unknown>:0 66/1"));
}

TEST_F(TestSnapshot, ties_and_extremes_are_sorted) {
    Statistic least, most;
    RowFrame frame;
    frame.label = symboliser.book().text("a.py");
    least.size = std::numeric_limits<std::int64_t>::min() + 1;
    most.size = 1;
    least.traceback = most.traceback = {frame};
    most.traceback[0].line = 1;
    const auto rows = compare(symboliser.book(), {most}, {least});
    const auto& diff = *rows;
    ASSERT_EQ(diff.size(), 2u);
    EXPECT_EQ(diff[0].size_diff, std::numeric_limits<std::int64_t>::max());
    EXPECT_THAT(*compare(symboliser.book(), {}, {}), IsEmpty());
}

// Traceback.format(): one traceback, oldest frame first unless told otherwise.
class TestTraceback : public ::testing::Test {
  protected:
    TestTraceback() {
        for (const std::uint32_t line : {1u, 2u, 3u}) {  // most recent first
            RowFrame frame;
            frame.file = frame.label =
                book.text(std::string(1, static_cast<char>('d' - line)) + ".py");
            frame.line = line;
            traceback.push_back(frame);
        }
        format.source_line = [](const std::string& file, std::uint32_t) {
            return file == "b.py" ? "   <source>  " : "";
        };
    }
    std::string text(std::optional<std::int64_t> limit = std::nullopt, bool recent_first = false) {
        format.limit = limit;
        format.most_recent_first = recent_first;
        return traceback_text(book, format, traceback);
    }
    static inline const std::string kA = "  File \"a.py\", line 3\n",
                                    kB = "  File \"b.py\", line 2\n    <source>\n",
                                    kC = "  File \"c.py\", line 1\n";
    FrameBook book;
    TracebackFormat format;
    std::vector<RowFrame> traceback;
};

TEST_F(TestTraceback, format_traceback) {
    EXPECT_EQ(text(), kA + kB + kC);
    EXPECT_EQ(text(1), kC);
    EXPECT_EQ(text(-1), kA);
    EXPECT_EQ(text(2), kB + kC);
    EXPECT_EQ(text(-2), kA + kB);
    EXPECT_EQ(text(0), "");
    EXPECT_EQ(text(99), kA + kB + kC);
    EXPECT_EQ(text(-99), kA + kB + kC);
    EXPECT_EQ(text({}, true), kC + kB + kA);
    EXPECT_EQ(text(1, true), kC);
    EXPECT_EQ(text(-1, true), kA);
    EXPECT_EQ(text(-2, true), kB + kA);
}

TEST(TestFormats, statistic_diff_format) {
    EXPECT_EQ(format_difference(5002, 5000, 2, 1, true),
              "size=5002 B (+5000 B), count=2 (+1), average=2501 B");
    EXPECT_EQ(format_difference(0, -66, 0, -1, true), "size=0 B (-66 B), count=0 (-1)");
    EXPECT_EQ(format_difference(30, 0, 3, 0, true), "size=30 B (+0 B), count=3 (+0), average=10 B");
    EXPECT_EQ(format_difference(1 << 20, -(10 << 20), 1, -7, false),
              "size=1024 KiB (-10.0 MiB), count=1 (-7)");
}

}  // namespace
}  // namespace mt::core::test
