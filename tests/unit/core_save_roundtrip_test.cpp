// SPDX-License-Identifier: MIT
//
// What is saved comes back: every field of a snapshot, and the rows that reports
// make of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "analyse/statistics.h"
#include "core_save_tables.h"
#include "save/table_maker.h"

namespace mt::core::test {
namespace {

using ::testing::HasSubstr;

class RoundTrip : public ::testing::Test {
  protected:
    // Saved while the debugger can be asked; loaded where nobody can.
    std::string before(TraceBook& book) {
        Resolver resolver(symboliser, book.table, {&book.code, false});
        bytes = saved(resolver);
        return all_of(resolver);
    }
    std::string after() {
        auto got = read_profile(bytes, symboliser.book());
        if (!got) return got.error().text;
        loaded = std::move(*got);
        Resolver resolver(symboliser, *loaded.table, {});
        return all_of(resolver);
    }
    void expect_equal(TraceBook& book) {
        const std::string then = before(book);
        EXPECT_EQ(then, after());
        // And once more from what came back.
        Resolver resolver(symboliser, *loaded.table, {});
        bytes = saved(resolver);
        EXPECT_EQ(then, after());
    }

    Symboliser symboliser;
    std::string bytes;
    Loaded loaded;
};

TEST_F(RoundTrip, EveryField) {
    TraceBook book = rich();
    const std::string all = before(book);
    // The table is as rich as it claims to be.
    for (const char* part : {"a::inner()", "f\x80 ", "id 1 ", "id 0 ", "end 1 of 300", "end 2",
                             "module /lib/\xff\\odd.so /opt/\xfe.so.1"})
        EXPECT_THAT(all, HasSubstr(part));
    EXPECT_EQ(all, after());
    expect_equal(book);
}

TEST_F(RoundTrip, Blocks) {
    TraceBook book;
    Trace& first = book.trace({{"a.cpp", 1}, {"b.cpp", 2}}, 60, 4);
    const std::uint32_t id = first.id;
    const std::uint32_t other = book.trace({{"a.cpp", 1}, {"b.cpp", 3}}, 7, 1).id;
    book.table.has_blocks = true;
    book.table.blocks = {{0x10, 10, id, 0},
                         {0x20, 20, id, 0},
                         {0x30, 10, id, 0},
                         {0x40, 20, id, 0},
                         {0x50, 7, other, 0}};
    expect_equal(book);
    EXPECT_EQ(loaded.table->blocks.size(), 5u);
}

// Address, size, domain and stamp of each block, in the table's order.
std::vector<std::string> single_blocks(const Table& table) {
    std::vector<std::string> blocks;
    for (const Block& block : table.blocks)
        blocks.push_back(fmt::format("{:#x} {} of {} stamp {:#x}", block.address, block.size,
                                     table.domain_of(block), table.detail_of(block).stamp));
    return blocks;
}

TEST_F(RoundTrip, SingleBlocksWithTheirStamps) {
    TraceBook book;
    const std::uint32_t id = book.trace({{"a.cpp", 1}}, 34, 4).id;
    const std::uint32_t other = book.trace({{"a.cpp", 2}}, 10, 1).id;
    Table& table = book.table;
    table.has_blocks = table.has_stamps = true;
    table.status.mark = 3;
    table.blocks = {{0x10, 10, id, table.place_of({0, 0x10000020003})},
                    {0x7fff'ffff'fff0, 10, other, table.place_of({0, 0x30000020001})},
                    {0xffff'ffff'ffff'fff8, 4, id, 0}};
    table.blocks.insert(table.blocks.begin() + 1,
                        {0x40, 10, id, table.place_of({5, 0x20000010002})});
    Resolver resolver(symboliser, table, {&book.code, false});
    SaveOptions options;
    options.single_blocks = true;
    bytes = saved(resolver, options);
    after();
    EXPECT_EQ(single_blocks(*loaded.table), single_blocks(table));
    EXPECT_TRUE(loaded.table->has_stamps);
    EXPECT_EQ(loaded.table->status.mark, 3u);
    bytes = saved(resolver);
    after();
    EXPECT_FALSE(loaded.table->has_stamps);
    EXPECT_EQ(loaded.table->blocks.back().address, 0u);
}

// More than one sample holds of them.
TEST_F(RoundTrip, ManySingleBlocksOfOneSize) {
    constexpr std::uint64_t kBlocks = 200'000;
    TraceBook book;
    const std::uint32_t id = book.trace({{"a.cpp", 1}}, 8 * kBlocks, kBlocks).id;
    book.table.has_blocks = true;
    for (std::uint64_t i = 0; i < kBlocks; ++i)
        book.table.blocks.push_back({0x10000 + 16 * i, 8, id, 0});
    Resolver resolver(symboliser, book.table, {&book.code, false});
    SaveOptions options;
    options.single_blocks = true;
    bytes = saved(resolver, options);
    after();
    EXPECT_EQ(single_blocks(*loaded.table), single_blocks(book.table));
    EXPECT_EQ(loaded.table->traces[0].count, static_cast<std::int64_t>(kBlocks));
}

TEST_F(RoundTrip, BlocksOfAnotherDomainThanTheirTraceback) {
    TraceBook book;
    const std::uint32_t id = book.trace({{"a.cpp", 1}}, 12, 2).id;
    book.table.has_blocks = true;
    book.table.blocks = {{0x10, 6, id, 0}, {0x20, 6, id, book.table.place_of({3, 0})}};
    expect_equal(book);
}

TEST_F(RoundTrip, BlocksOfNoTraceback) {
    TraceBook book;
    const std::uint32_t id = book.trace({{"a.cpp", 1}}, 6, 1).id;
    book.table.has_blocks = true;
    book.table.blocks = {{0x10, 6, id, 0}, {0x20, 6, id + 1000, 0}};
    Resolver resolver(symboliser, book.table, {&book.code, false});
    bytes = saved(resolver);
    const std::string all = after();
    EXPECT_THAT(all, HasSubstr("remark lost-blocks 1 blocks of no traceback"));
    EXPECT_EQ(loaded.table->blocks.size(), 1u);
}

TEST_F(RoundTrip, NoBlocksAreNotTheSameAsNoneKept) {
    TraceBook book;
    book.trace({{"a.cpp", 1}}, 0, 0);
    book.table.has_blocks = true;
    expect_equal(book);
    EXPECT_TRUE(loaded.table->has_blocks);
}

// In a sample a block stands for more than itself, rounded for all of them together.
TEST_F(RoundTrip, SampledWithBlocks) {
    TraceBook book;
    book.table.status.sampling = true;
    book.table.status.sample_bytes = 4096;
    Trace& trace = book.trace({{"a.cpp", 1}}, 12345, 130);
    trace.samples = 3;
    trace.peak_size = 20000;
    trace.peak_count = 200;
    trace.peak_samples = 4;
    // Not exactly what was allocated less what is live: each was rounded by itself.
    trace.alloc_bytes = 30000;
    trace.alloc_count = 300;
    trace.free_bytes = 17656;
    trace.free_count = 171;
    const std::uint32_t id = trace.id;
    book.reserved(abi::kStackNotSampled, 50, 5);
    book.table.has_blocks = true;
    book.table.blocks = {{0x10, 100, id, 0},
                         {0x20, 100, id, 0},
                         {0x30, 90, id, 0},
                         {0x40, 10, abi::kStackNotSampled, 0},
                         {0x50, 10, abi::kStackNotSampled, 0}};
    expect_equal(book);
    EXPECT_EQ(loaded.table->blocks.size(), 5u);
}

TEST_F(RoundTrip, Attributes) {
    TraceBook book;
    book.trace({{"a.cpp", 1}}, 1, 1);
    Resolver resolver(symboliser, book.table, {&book.code, false});
    SaveOptions options;
    options.attributes_json = R"({"x":[1,{"deep":[[[[[[[[[[]]]]]]]]]]}],"memtrace ":"y"})";
    bytes = saved(resolver, options);
    after();
    EXPECT_EQ(loaded.attributes_json, options.attributes_json);
}

// A diff of a loaded against a live snapshot joins rows by their text.
TEST_F(RoundTrip, RowsHaveTheSameKeys) {
    TraceBook book = rich();
    Resolver live(symboliser, book.table, {&book.code, false});
    bytes = saved(live);
    after();
    Resolver again(symboliser, *loaded.table, {});
    SkipRules skip;
    for (const KeyType key : {KeyType::lineno, KeyType::filename, KeyType::traceback,
                              KeyType::function, KeyType::module, KeyType::domain})
        for (const bool raw : {false, true}) {
            Grouping grouping;
            grouping.key = key;
            grouping.raw = raw;
            const auto a = statistics(live, skip, grouping);
            const auto b = statistics(again, skip, grouping);
            ASSERT_TRUE(a && b);
            ASSERT_EQ(a->size(), b->size());
            for (std::size_t i = 0; i < a->size(); ++i) {
                EXPECT_EQ(key_of((*a)[i].traceback), key_of((*b)[i].traceback));
                EXPECT_EQ((*a)[i].size, (*b)[i].size);
            }
        }
}

// The names of a file stay those of its own snapshot.
TEST_F(RoundTrip, NothingIsNamedInALiveProcess) {
    TraceBook saved_book;
    saved_book.module("/bin/same", "aabb");
    RawFrame evil;
    evil.file = "/evil.cpp";
    evil.line = 1;
    evil.function = "evil";
    const Pc pc = saved_book.pc(2, {evil});
    saved_book.trace(std::vector<Pc>{pc}, 1, 1);
    Symboliser writer;
    Resolver resolver(writer, saved_book.table, {&saved_book.code, false});
    bytes = saved(resolver);
    after();
    TraceBook live;
    live.module("/bin/same", "aabb");
    live.table.status.identity = saved_book.table.status.identity;
    live.trace(std::vector<Pc>{pc}, 1, 1);
    Resolver asked(symboliser, live.table, {&live.code, false});
    EXPECT_THAT(all_of(asked), ::testing::Not(HasSubstr("evil")));
}

// What one program counter is called depends on when it was asked for: both stay.
TEST_F(RoundTrip, OneAddressWithTwoNames) {
    TableMaker maker(symboliser.book());
    const FrameId one = symboliser.book().frame("a.cpp", "a", "", 1);
    const FrameId two = symboliser.book().frame("b.cpp", "b", "", 2);
    const Pc first = maker.add_code({0x1000, 0}, {one}, 0xfff);
    const Pc second = maker.add_code({0x1000, 0}, {two}, 0xfff);
    EXPECT_EQ(first, maker.add_code({0x1000, 0}, {one}, 0xfff));
    EXPECT_TRUE(TableMaker::has_address(first));
    EXPECT_FALSE(TableMaker::has_address(second));
}

TEST_F(RoundTrip, TracesOfAScript) {
    TableMaker maker(symboliser.book());
    const std::vector<PlainFrame> frames = {{"a.py", 2}, {"b.py", 4}};
    maker.add_trace(0, 10, frames, 10);
    maker.add_trace(0, 10, frames, 10);
    maker.add_trace(0, 10, frames, 2);
    maker.add_trace(3, 7, {{"<unknown>", 0}}, 1);
    maker.table.has_blocks = true;
    maker.count_totals();
    const auto table = maker.finish();
    ASSERT_EQ(table->traces.size(), 3u);
    EXPECT_EQ(table->traces[0].count, 2);
    EXPECT_EQ(table->traces[0].total_frames, 10);
    EXPECT_EQ(table->traces[0].end, End::cut);
    EXPECT_EQ(table->traces[1].end, End::complete);
    EXPECT_EQ(table->current_size, 37);
    EXPECT_EQ(table->blocks.size(), 4u);
    Resolver resolver(symboliser, *table, {});
    const std::string then = all_of(resolver);
    bytes = saved(resolver);
    // Addresses are made up again by who reads.
    after();
    Resolver again(symboliser, *loaded.table, {});
    EXPECT_EQ(then, all_of(again));
}

TEST_F(RoundTrip, Interrupted) {
    TraceBook book;
    for (int i = 0; i < 500; ++i) book.trace({{"a.cpp", static_cast<std::uint32_t>(i)}}, 1, 1);
    Resolver resolver(symboliser, book.table, {&book.code, false});
    SaveOptions options;
    options.interrupted = [] { return true; };
    const auto done =
        write_profile(resolver, options, [](std::string_view) { return Result<void>(); });
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, Code::interrupted);
    bytes = saved(resolver);
    const auto got = read_profile(bytes, symboliser.book(), [] { return true; });
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().code, Code::interrupted);
}

}  // namespace
}  // namespace mt::core::test
