// SPDX-License-Identifier: MIT
//
// Heap profiles of other tools, as they wrote them (tests/data).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "analyse/statistics.h"
#include "core_save_tables.h"

namespace mt::core::test {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;

std::string data(const std::string& name) {
    std::ifstream in(std::string(MEMTRACE_TEST_DATA) + "/" + name, std::ios::binary);
    EXPECT_TRUE(in) << name;
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

class Foreign : public ::testing::Test {
  protected:
    void load(const std::string& bytes) {
        auto got = read_profile(bytes, symboliser.book());
        ASSERT_TRUE(got) << got.error().text;
        table = got->table;
        EXPECT_TRUE(table->status.tracing);
        EXPECT_FALSE(table->has_blocks);
    }
    std::vector<Statistic> by(KeyType key) {
        Resolver resolver(symboliser, *table, {});
        Grouping grouping;
        grouping.key = key;
        auto rows = statistics(resolver, skip, grouping);
        EXPECT_TRUE(rows);
        return rows ? std::move(*rows) : std::vector<Statistic>();
    }
    std::string label(const RowFrame& frame) { return symboliser.book().text(frame.label); }
    // Of the rows whose function is called so.
    Statistic of_function(const std::string& name) {
        Statistic sum;
        for (const Statistic& row : by(KeyType::traceback)) {
            const auto called = [&](const RowFrame& frame) {
                return symboliser.book().text(frame.function.value_or(0)).rfind(name, 0) == 0;
            };
            if (std::none_of(row.traceback.begin(), row.traceback.end(), called)) continue;
            sum.size += row.size;
            sum.count += row.count;
            sum.total_size += row.total_size;
            sum.total_count += row.total_count;
        }
        return sum;
    }
    std::vector<std::string> remarks() {
        std::vector<std::string> texts;
        for (const Remark& remark : table->remarks) texts.push_back(remark.text);
        return texts;
    }

    Symboliser symboliser;
    SkipRules skip;
    std::shared_ptr<Table> table;
};

TEST_F(Foreign, Go) {
    load(data("go-1.19.heap.pb.gz"));
    // 1000 B are 1024 of the allocator's, as go tool pprof shows them.
    const Statistic kept = of_function("main.keep");
    EXPECT_EQ(kept.count, 20 + 1);  // and the slice that holds them
    EXPECT_EQ(kept.size, 20 * 1024 + 768);
    const auto rows = by(KeyType::lineno);
    EXPECT_THAT(label(rows.front().traceback.front()), EndsWith("main.go"));
    EXPECT_EQ(rows.front().traceback.front().line, 12u);
    EXPECT_THAT(remarks(), ElementsAre());
    EXPECT_EQ(table->current_size, 22560);
}

TEST_F(Foreign, GoTotals) {
    load(data("go-1.19.heap.pb.gz"));
    std::uint64_t total = 0;
    for (const Trace& trace : table->traces) {
        total += trace.alloc_bytes;
        EXPECT_EQ(trace.free_bytes, trace.alloc_bytes - static_cast<std::uint64_t>(trace.size));
    }
    EXPECT_GT(total, 20u * 100000);
}

TEST_F(Foreign, GoSampled) {
    load(data("go-1.19-sampled.heap.pb.gz"));
    EXPECT_THAT(remarks(), ElementsAre(HasSubstr("one allocation every 4096 B on average")));
    EXPECT_GT(of_function("main.keep").size, 20 * 1024);
}

TEST_F(Foreign, Gperftools) {
    load(data("gperftools-2.10.heap"));
    EXPECT_EQ(table->current_size, 5000000);
    EXPECT_EQ(table->current_count, 2030);
    std::uint64_t total = 0;
    for (const Trace& trace : table->traces) total += trace.alloc_bytes;
    EXPECT_EQ(total, 15032760u);
    EXPECT_THAT(remarks(), ElementsAre());
    // No names: each place in the code by module and offset.
    const auto rows = by(KeyType::traceback);
    ASSERT_EQ(rows.size(), 2u);
    EXPECT_EQ(label(rows[0].traceback.front()), "example(0x11c7)");
    EXPECT_EQ(label(rows[0].traceback[1]), "example(0x11f0)");
    EXPECT_EQ(label(rows[0].traceback[3]), "libc.so.6(0x27249)");
    EXPECT_EQ(rows[0].traceback.front().offset, 0x11c7u);
    EXPECT_EQ(by(KeyType::module).size(), 1u);
}

TEST_F(Foreign, GperftoolsWithNames) {
    load(data("gperftools-2.10-symbolised.heap"));
    EXPECT_EQ(of_function("left(unsigned long)").size, 2000000);
    EXPECT_EQ(of_function("right(unsigned long)").size, 3000000);
    const auto rows = by(KeyType::traceback);
    ASSERT_FALSE(rows.empty());
    EXPECT_THAT(label(rows[0].traceback.front()), HasSubstr("example(inner(unsigned long)"));
    EXPECT_EQ(of_function("main").size, 5000000);
}

// main() inlined push_back(), which is the inner one.
TEST_F(Foreign, NamesOfInlinedFunctions) {
    load(data("gperftools-2.10-symbolised.heap"));
    bool seen = false;
    for (const Trace& trace : table->traces) {
        Resolver resolver(symboliser, *table, {});
        for (const Pc pc : table->frames(trace.node)) {
            const Location* known = *resolver.resolve(pc);
            if (known->frames.size() != 2) continue;
            seen = true;
            const FrameBook& book = symboliser.book();
            EXPECT_THAT(book.text(book[known->frames[0]].function), HasSubstr("push_back"));
            EXPECT_THAT(book.text(book[known->frames[1]].function), HasSubstr("main"));
        }
    }
    EXPECT_TRUE(seen);
}

// The figures that jeprof --text --show_bytes prints.
TEST_F(Foreign, Jemalloc) {
    load(data("jemalloc-5.3.0.heap"));
    EXPECT_NEAR(static_cast<double>(table->current_size), 5375158, 5);
    EXPECT_THAT(remarks(), ElementsAre(HasSubstr("one allocation every 4096 B on average")));
    const auto rows = by(KeyType::lineno);
    ASSERT_FALSE(rows.empty());
    // jemalloc's own frames are machinery.
    EXPECT_EQ(label(rows[0].traceback.front()), "example(0x11c7)");
    EXPECT_EQ(rows[0].total_size, static_cast<std::uint64_t>(rows[0].size));
}

TEST_F(Foreign, JemallocAccumulated) {
    load(data("jemalloc-5.3.0-accumulated.heap"));
    EXPECT_NEAR(static_cast<double>(table->current_size), 5527998, 5);
    std::uint64_t total = 0;
    for (const Trace& trace : table->traces) total += trace.alloc_bytes;
    EXPECT_NEAR(static_cast<double>(total), 15877989, 10);
}

TEST_F(Foreign, TcmallocSample) {
    load(
        "heap profile:      1:      512 [     2:   1024] @ heap_v2/1024\n"
        "     1:      512 [     2:     1024] @ 0x1001\n"
        "\nMAPPED_LIBRARIES:\n00001000-00002000 r-xp 00000000 00:00 0    /bin/x\n");
    // 1 / (1 - exp(-0.5))
    EXPECT_EQ(table->current_size, 1301);
    EXPECT_EQ(table->current_count, 2);
    EXPECT_EQ(table->traces[0].alloc_bytes, 2602u);
    EXPECT_THAT(remarks(), ElementsAre(HasSubstr("1024 B on average")));
}

TEST_F(Foreign, GoText) {
    load(
        "heap profile: 1: 512 [2: 1024] @ heap/2048\n"
        "1: 512 [2: 1024] @ 0x1001 0x1002\n"
        "#\t0x1000\tmain.main+0x0\t/x.go:1\n"
        "\n# runtime.MemStats\n# Alloc = 5\n");
    EXPECT_EQ(table->current_size, 1301);
    EXPECT_THAT(remarks(), ElementsAre(HasSubstr("1024 B on average")));
}

TEST_F(Foreign, GrowthIsNoHeap) {
    const auto got = read_profile("heap profile: 1: 2 [3: 4] @ growthz\n", symboliser.book());
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().text, "it is no heap profile: its kind is growthz");
}

TEST_F(Foreign, CpuProfileIsNoHeap) {
    const auto got = read_profile(data("go-1.19.cpu.pb.gz"), symboliser.book());
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().text,
              "it is no heap profile: its sample types are samples/count, cpu/nanoseconds, and "
              "none of inuse_space, inuse_objects, alloc_space, alloc_objects");
}

// A module that is mapped in pieces is one; what lies between two is none.
TEST_F(Foreign, ModulesOfTextProfiles) {
    load(
        "heap profile: 1: 2 [1: 2] @ heapprofile\n"
        "1: 2 [1: 2] @ 0x1801 0x3001 0x9001\n"
        "MAPPED_LIBRARIES:\n"
        "1000-1400 r--p 0 00:00 1 /bin/x y\n1400-2000 r-xp 400 00:00 1 /bin/x y\n"
        "3000-4000 rw-p 0 00:00 0\n");
    ASSERT_EQ(table->modules.size(), 2u);
    EXPECT_EQ(table->modules[1].path, "/bin/x y");
    EXPECT_EQ(table->modules[1].end, 0x2000u);
    const auto rows = by(KeyType::traceback);
    EXPECT_EQ(label(rows[0].traceback[0]), "x y(0x800)");
    EXPECT_EQ(label(rows[0].traceback[1]), "?(0x3000)");
}

}  // namespace
}  // namespace mt::core::test
