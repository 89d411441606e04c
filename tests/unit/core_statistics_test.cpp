// SPDX-License-Identifier: MIT
//
// Grouping is tracemalloc's: CPython's own fixture, its orders, and what C++
// adds (the machinery's frames, inlining, frames without a line).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "analyse/statistics.h"
#include "core_traces.h"

namespace mt::core::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class Statistics : public ::testing::Test {
  protected:
    std::vector<std::string> rows(Grouping grouping = {}) {
        Resolver resolver(symboliser, book.table, {&book.code, false});
        auto made = statistics(resolver, skip, grouping);
        EXPECT_TRUE(made) << made.error().text;
        std::vector<std::string> out;
        for (const Statistic& row : *made) {
            std::string text;
            for (const RowFrame& frame : row.traceback)
                text += (text.empty() ? "" : " <- ") + symboliser.book().text(frame.label) +
                        (frame.plus_offset ? "+" + std::to_string(*frame.offset) : "") + ":" +
                        std::to_string(frame.line);
            out.push_back(text + " " + std::to_string(row.size) + "/" + std::to_string(row.count));
        }
        last = std::move(*made);
        return out;
    }
    std::vector<std::string> rows_by(KeyType key) {
        Grouping grouping;
        grouping.key = key;
        return rows(grouping);
    }

    TraceBook book;
    Symboliser symboliser;
    SkipRules skip;
    std::vector<Statistic> last;
};

// CPython's unit fixture (Lib/test/test_tracemalloc.py, described in tracemalloc's semantics).
class CPythonOld : public Statistics {
  protected:
    CPythonOld() {
        const std::vector<Spot> a2 = {{"a.py", 2}, {"b.py", 4}};
        for (int i = 0; i < 3; ++i) book.trace(a2, 10, 1).domain = 0;
        book.trace({Spot{"a.py", 5}, {"b.py", 4}}, 2, 1).domain = 1;
        book.trace({Spot{"b.py", 1}}, 66, 1).domain = 2;
        book.trace(std::vector<Pc>{}, 7, 1).domain = 3;
    }
};

TEST_F(CPythonOld, ByLine) {
    EXPECT_THAT(rows(), ElementsAre("b.py:1 66/1", "a.py:2 30/3", "<unknown>:0 7/1", "a.py:5 2/1"));
}

TEST_F(CPythonOld, ByFilePrintsLineZero) {
    EXPECT_THAT(rows_by(KeyType::filename),
                ElementsAre("b.py:0 66/1", "a.py:0 32/4", "<unknown>:0 7/1"));
}

TEST_F(CPythonOld, ByTraceback) {
    EXPECT_THAT(rows_by(KeyType::traceback),
                ElementsAre("b.py:1 66/1", "a.py:2 <- b.py:4 30/3", "<unknown>:0 7/1",
                            "a.py:5 <- b.py:4 2/1"));
}

TEST_F(Statistics, CPythonNewByLineAndFile) {
    const std::vector<Spot> a2 = {{"a.py", 2}, {"b.py", 4}}, a5 = {{"a.py", 5}, {"b.py", 4}};
    for (int i = 0; i < 3; ++i) book.trace(a2, 10, 1);
    book.trace(a5, 2, 1);
    book.trace(a5, 5000, 1);
    book.trace({Spot{"c.py", 578}}, 400, 1);
    EXPECT_THAT(rows(), ElementsAre("a.py:5 5002/2", "c.py:578 400/1", "a.py:2 30/3"));
    EXPECT_THAT(rows_by(KeyType::filename), ElementsAre("a.py:0 5032/5", "c.py:0 400/1"));
}

TEST_F(Statistics, TiesGoByCountThenTracebackDescending) {
    book.trace({Spot{"a.c", 9}}, 8, 1);
    book.trace({Spot{"a.c", 10}}, 8, 1);
    book.trace({Spot{"b.c", 1}}, 8, 1);
    book.trace({Spot{"a.c", 1}}, 8, 2);
    EXPECT_THAT(rows(), ElementsAre("a.c:1 8/2", "b.c:1 8/1", "a.c:10 8/1", "a.c:9 8/1"));
}

TEST_F(Statistics, TracebacksCompareOldestFrameFirst) {
    book.trace({Spot{"z.c", 1}, {"main.c", 1}}, 8, 1);
    book.trace({Spot{"a.c", 1}, {"main.c", 2}}, 8, 1);
    EXPECT_THAT(rows_by(KeyType::traceback),
                ElementsAre("a.c:1 <- main.c:2 8/1", "z.c:1 <- main.c:1 8/1"));
}

TEST_F(Statistics, FrameLimitMergesTracebacks) {
    book.trace({Spot{"a.c", 1}, {"m.c", 1}}, 8, 1);
    book.trace({Spot{"a.c", 1}, {"m.c", 2}}, 8, 1);
    Grouping grouping;
    grouping.key = KeyType::traceback;
    grouping.limit = 1;
    EXPECT_THAT(rows(grouping), ElementsAre("a.c:1 16/2"));
    grouping.limit = 2;
    EXPECT_THAT(rows(grouping), ElementsAre("a.c:1 <- m.c:2 8/1", "a.c:1 <- m.c:1 8/1"));
}

TEST_F(Statistics, LimitCountsAfterTheMachinery) {
    const auto libc = book.module("/lib/libc.so.6");
    book.trace({book.pc(libc, {}), book.at({"a.c", 1}), book.at({"m.c", 2})}, 8, 1);
    Grouping grouping;
    grouping.key = KeyType::traceback;
    grouping.limit = 1;
    EXPECT_THAT(rows(grouping), ElementsAre("a.c:1 8/1"));
}

TEST_F(Statistics, DeadTracesAreNoRowsButCountInTotals) {
    Trace& dead = book.trace({Spot{"a.c", 1}}, 0, 0);
    dead.alloc_bytes = 100;
    dead.alloc_count = 5;
    book.trace({Spot{"a.c", 1}, {"m.c", 3}}, 8, 1);
    Trace& other = book.trace({Spot{"b.c", 1}}, 0, 0);
    other.alloc_bytes = 7;
    Grouping grouping;
    grouping.totals = true;
    EXPECT_THAT(rows(grouping), ElementsAre("a.c:1 8/1"));
    EXPECT_EQ(last[0].total_size, 108u);
    EXPECT_EQ(last[0].total_count, 6u);
}

TEST_F(Statistics, PeakHasItsOwnComposition) {
    Trace& gone = book.trace({Spot{"a.c", 1}}, 0, 0);
    gone.peak_size = 8;
    gone.peak_count = 1;
    book.trace({Spot{"b.c", 1}}, 5, 1);
    Grouping grouping;
    grouping.figures = Figures::peak;
    EXPECT_THAT(rows(grouping), ElementsAre("a.c:1 8/1"));
    EXPECT_THAT(rows(), ElementsAre("b.c:1 5/1"));
}

TEST_F(Statistics, ReservedIdsHaveNames) {
    book.reserved(abi::kStackNested, 3, 1);
    book.reserved(abi::kStackDepotFull, 2, 1);
    book.reserved(abi::kStackNotSampled, 1, 1);
    EXPECT_THAT(rows(), ElementsAre("<inside a traced event>:0 3/1", "<depot full>:0 2/1",
                                    "<not sampled>:0 1/1"));
}

TEST_F(Statistics, ReservedFramesAreStoredOnce) {
    for (std::uint32_t i = 1; i < 40; ++i) book.trace({Spot{"a.c", i}}, 1, 1);
    for (int i = 0; i < 10; ++i) book.reserved(abi::kStackDepotFull, 2, 1);
    rows();
    const std::size_t frames = symboliser.book().size();
    rows();
    EXPECT_EQ(symboliser.book().size(), frames);
}

TEST_F(Statistics, MachineryIsSkippedByModuleFunctionAndFile) {
    const auto runtime = book.module("/opt/lib/libmemtrace.so");
    const auto cxx = book.module("/usr/lib/libstdc++.so.6.0.30");
    RawFrame vector_frame, new_frame, wrapper;
    vector_frame.file = "/usr/include/c++/12/vector";
    vector_frame.line = 100;
    vector_frame.function = "grow";
    new_frame.file = "/home/new.cpp";
    new_frame.line = 5;
    new_frame.linkage = "_Znwm";
    wrapper.file = "/home/wrap.c";
    wrapper.line = 6;
    wrapper.function = "__my_alloc";
    RawFrame user;
    user.file = "/home/user.cpp";
    user.line = 42;
    user.function = "use";
    // One physical frame: the vector's code inlined into the user's.
    book.trace({book.pc(runtime, {}), book.pc(cxx, {}), book.pc(1, {new_frame}),
                book.pc(1, {wrapper}), book.pc(1, {vector_frame, user}), book.at({"main.c", 1})},
               8, 1);
    EXPECT_THAT(rows(), ElementsAre("/home/user.cpp:42 8/1"));
    EXPECT_EQ(symboliser.book().text(*last[0].traceback[0].function), "use");
}

TEST_F(Statistics, OnlyTheInnermostRunIsSkipped) {
    const auto libc = book.module("/lib/x86_64-linux-gnu/libc.so.6");
    book.trace({book.pc(libc, {}), book.at({"cmp.c", 3}), book.pc(libc, {}), book.at({"m.c", 4})},
               8, 1);
    EXPECT_THAT(rows(), ElementsAre("cmp.c:3 8/1"));
    Grouping grouping;
    grouping.key = KeyType::traceback;
    EXPECT_THAT(rows(grouping), ElementsAre("cmp.c:3 <- libc.so.6+0x1020:0 <- m.c:4 8/1"));
}

TEST_F(Statistics, AllMachineryFallsBackToWhatIsOutsideTheBase) {
    const auto libc = book.module("/lib/libc.so.6");
    const auto cxx = book.module("/lib/libstdc++.so.6");
    const Pc pool = book.pc(cxx, {});
    book.code.symbols_at[pool.address - 1] = {"_ZN9__gnu_cxx9make_poolEv", pool.address - 8, 16};
    book.trace({book.pc(libc, {}), pool, book.pc(libc, {})}, 8, 1);
    EXPECT_THAT(rows(), ElementsAre("libstdc++.so.6(__gnu_cxx::make_pool()):0 8/1"));
}

TEST_F(Statistics, OnlyTheBaseFallsBackToTheInnermost) {
    const auto libc = book.module("/lib/libc.so.6");
    const Pc inner = book.pc(libc, {});
    book.code.symbols_at[inner.address - 1] = {"strdup", inner.address - 8, 16};
    book.trace({inner, book.pc(libc, {})}, 8, 1);
    EXPECT_THAT(rows(), ElementsAre("libc.so.6(strdup):0 8/1"));
}

TEST_F(Statistics, RawSkipsNothingAndShowsOffsets) {
    const auto libc = book.module("/lib/libc.so.6");
    const Pc inner = book.pc(libc, {});
    book.trace({inner, book.at({"a.c", 1})}, 8, 1);
    Grouping grouping;
    grouping.raw = true;
    book.code.symbols_at[inner.address - 1] = {"malloc", inner.address - 8, 16};
    const auto offset = inner.address - 1 - book.table.modules[libc].bias;
    EXPECT_THAT(rows(grouping),
                ElementsAre("libc.so.6(malloc)+" + std::to_string(offset) + ":0 8/1"));
}

TEST_F(Statistics, CodeOfWhichNothingIsKnownIsItsPlace) {
    const auto library = book.module("/lib/libx.so");
    book.trace({book.pc(library, {})}, 8, 1);
    book.trace({book.pc(library, {})}, 4, 1);
    EXPECT_THAT(rows(), ElementsAre("libx.so+0x1000:0 8/1", "libx.so+0x1010:0 4/1"));
    Grouping grouping;
    grouping.raw = true;
    EXPECT_THAT(rows(grouping), ElementsAre("libx.so+0x1000:0 8/1", "libx.so+0x1010:0 4/1"));
}

TEST_F(Statistics, OwnWrappersCanBeSkipped) {
    RawFrame wrapper;
    wrapper.file = "x.cpp";
    wrapper.line = 1;
    wrapper.linkage = "_Z7xmallocm";
    book.trace({book.pc(1, {wrapper}), book.at({"a.c", 7})}, 8, 1);
    EXPECT_THAT(rows(), ElementsAre("x.cpp:1 8/1"));
    skip.add("xmalloc");
    EXPECT_THAT(rows(), ElementsAre("a.c:7 8/1"));
    skip.forget_added();
    EXPECT_THAT(rows(), ElementsAre("x.cpp:1 8/1"));
}

TEST_F(Statistics, LinelessFramesGroupByFunction) {
    const auto library = book.module("/usr/lib/libz.so.1");
    const Pc one = book.pc(library, {}), two = book.pc(library, {}), three = book.pc(library, {});
    for (const Pc pc : {one, two})
        book.code.symbols_at[pc.address - 1] = {"deflate", one.address - 8, 0x100};
    book.trace({one}, 8, 1);
    book.trace({two}, 8, 1);
    book.trace({three}, 4, 1);
    EXPECT_THAT(rows(), ElementsAre("libz.so.1(deflate):0 16/2", "libz.so.1+0x1020:0 4/1"));
    EXPECT_FALSE(last[0].traceback[0].offset);  // two offsets: the row does not claim one
    EXPECT_TRUE(last[1].traceback[0].offset);
}

TEST_F(Statistics, ByFunctionAndModule) {
    const auto library = book.module("/usr/lib/libz.so.1");
    book.trace({Spot{"a.c", 1, "f"}}, 8, 1);
    book.trace({Spot{"a.c", 2, "f"}}, 8, 1);
    book.trace({Spot{"a.c", 3, "g"}}, 1, 1);
    book.trace({book.pc(library, {})}, 2, 1);
    EXPECT_THAT(rows_by(KeyType::function),
                ElementsAre("a.c:f:0 16/2", "libz.so.1+0x1030:0 2/1", "a.c:g:0 1/1"));
    EXPECT_THAT(rows_by(KeyType::module),
                ElementsAre("/bin/program:0 17/3", "/usr/lib/libz.so.1:0 2/1"));
}

TEST_F(Statistics, AsksOnlyForWhatTheKeyNeeds) {
    const auto libc = book.module("/lib/libc.so.6");
    const Pc outer = book.at({"main.c", 1});
    book.trace({book.pc(libc, {}), book.at({"a.c", 1}), outer}, 8, 1);
    book.trace({book.pc(libc, {}), book.at({"a.c", 1}), outer, outer}, 8, 1);
    rows();
    EXPECT_EQ(book.code.asked.size(), 1u);  // not libc, not main, and a.c:1 once
    rows();
    EXPECT_EQ(book.code.asked.size(), 1u);  // remembered
}

TEST_F(Statistics, DamagedChainsEnd) {
    book.trace({Spot{"a.c", 1}}, 8, 1);
    book.table.parents.back() = static_cast<std::uint32_t>(book.table.parents.size() - 1);
    EXPECT_THAT(rows_by(KeyType::traceback), ElementsAre("a.c:1 8/1"));
    book.table.traces[0].node = 0xffffff;
    EXPECT_THAT(rows(), ElementsAre("<unknown>:0 8/1"));
}

TEST_F(Statistics, InterruptEndsIt) {
    book.trace({Spot{"a.c", 1}}, 8, 1);
    Resolver resolver(symboliser, book.table, {&book.code, false});
    auto polled = statistics(resolver, skip, {}, [] { return true; });
    ASSERT_FALSE(polled);
    EXPECT_EQ(polled.error().code, Code::interrupted);
    book.code.interrupt = true;
    auto asked = statistics(resolver, skip, {});
    ASSERT_FALSE(asked);
    EXPECT_EQ(asked.error().code, Code::interrupted);
    EXPECT_THAT(book.code.asked, IsEmpty());
}

// A file may say so; UndefinedBehaviorSanitizer would stop at the sum otherwise.
TEST_F(Statistics, FiguresOfAStrangerWrap) {
    constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
    book.table.traces.reserve(2);
    for (int i = 0; i < 2; ++i) book.trace({Spot{"a.c", 1}}, 0, 0);
    for (Trace& trace : book.table.traces) trace.size = trace.count = kMost;
    EXPECT_THAT(rows(), ElementsAre("a.c:1 -2/-2"));
    EXPECT_EQ(sum_of(last, 0).size, -2);
}

TEST_F(Statistics, SomeTracesOnly) {
    book.trace({Spot{"a.c", 1}}, 8, 1);
    book.trace({Spot{"b.c", 1}}, 9, 1);
    const std::vector<std::uint32_t> first = {0};
    Grouping grouping;
    grouping.only = &first;
    EXPECT_THAT(rows(grouping), ElementsAre("a.c:1 8/1"));
}

}  // namespace
}  // namespace mt::core::test
