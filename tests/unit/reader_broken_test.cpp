// SPDX-License-Identifier: MIT
//
// Broken and hostile tables: one clear error each, or the rest with a remark;
// quickly, with bounded memory, and never a crash.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <functional>
#include <ostream>

#include "support/read_back.h"

namespace mt::core {
namespace {

using test::FakeMemory;
using test::read_back;
using test::remark;
using test::TableBuilder;
using test::try_read;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::uint64_t kHuge = std::uint64_t{1} << 60;
constexpr std::uint64_t kBlock = 0x7f0000000010;

// Everything that a table can have, once.
void fill(TableBuilder& builder) {
    builder.add_module("/lib/libc.so.6", 0x7f1000000000, 0x7f1000200000);
    builder.add_thread("main", TableBuilder::kPid);
    builder.add_shard();
    builder.add_context();
    builder.add_context();
    const std::uint32_t a = builder.add_stack({0x555555554100, 0x555555554200});
    const std::uint32_t b = builder.add_stack({0x7f1000000100, 0x555555554200}, 2);
    for (int i = 0; i < 60; ++i) builder.allocate(i % 2 == 0 ? a : b, 40, i % 2 == 0 ? 0u : 1u);
    builder.allocate_at(kBlock, a, 5ull << 30);
    builder.add_tracked(abi::kDomainLarge, kBlock, 5ull << 30, a);
}

struct Case {
    const char* name;
    std::function<void(TableBuilder&, FakeMemory&)> change;
    Code code;
    const char* text;
};
void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

template <typename Change>
auto header(Change change) {
    return [change](TableBuilder& builder, FakeMemory& memory) {
        memory.change<abi::Header>(builder.header_address(), change);
        TableBuilder::seal(memory, builder.header_address());
    };
}
template <typename Change>
auto root(Change change) {
    return [change](TableBuilder& builder, FakeMemory& memory) {
        memory.change<abi::Root>(builder.root_address(), change);
    };
}
template <typename Change>
auto state(Change change) {
    return [change](TableBuilder& builder, FakeMemory& memory) {
        memory.change<abi::State>(builder.state_address(), change);
    };
}
template <typename T, typename Where, typename Change>
auto at(Where where, Change change) {
    return [where, change](TableBuilder& builder, FakeMemory& memory) {
        memory.change<T>(where(builder), change);
    };
}

class BrokenTable : public ::testing::TestWithParam<Case> {};

TEST_P(BrokenTable, IsOneClearErrorAndQuick) {
    TableBuilder builder;
    fill(builder);
    FakeMemory memory = builder.build();
    GetParam().change(builder, memory);
    memory.bytes_read = 0;
    const auto start = std::chrono::steady_clock::now();
    const Result<Table> table = try_read(memory);
    const auto time = std::chrono::steady_clock::now() - start;
    ASSERT_FALSE(table);
    EXPECT_EQ(table.error().code, GetParam().code) << table.error().text;
    EXPECT_THAT(table.error().text, HasSubstr(GetParam().text));
    EXPECT_EQ(table.error().text.find('\n'), std::string::npos);
    EXPECT_LT(time, std::chrono::milliseconds(100));
    EXPECT_LT(memory.bytes_read, 16u << 20);
}

const Case kFixedParts[] = {
    {"RootMagic", root([](abi::Root& r) { r.magic[3] = 'x'; }), Code::damaged, "magic"},
    {"RootNewerMajor", root([](abi::Root& r) {
         r.major = 2;
         r.minor = 5;
     }),
     Code::version, "2.5, this memtrace reads 1.x"},
    {"RootOlderMajor", root([](abi::Root& r) { r.major = 0; }), Code::version, "0.0"},
    {"RootByteOrder", root([](abi::Root& r) { r.major = 0x0100; }), Code::version, "byte order"},
    {"RootSize", root([](abi::Root& r) { r.size = 8; }), Code::damaged, "root"},
    {"RootPointsNowhere", root([](abi::Root& r) { r.header = 0x1000; }), Code::unreadable,
     "header at 0x1000"},
    {"RootPointsBeyondMemory", root([](abi::Root& r) { r.header = ~0ull - 8; }), Code::unreadable,
     "header"},
    {"RootPointsElsewhere", root([](abi::Root& r) { r.header = TableBuilder::kHeader + 4096; }),
     Code::damaged, "magic"},
    {"RootCookie", root([](abi::Root& r) { r.cookie = 1; }), Code::damaged, "another root"},

    {"HeaderMagic", header([](abi::Header& h) { h.magic[0] = 0; }), Code::damaged, "magic"},
    {"HeaderNewerMajor", header([](abi::Header& h) {
         h.major = 7;
         h.minor = 1;
     }),
     Code::version, "7.1, this memtrace reads 1.x"},
    {"HeaderByteOrder", header([](abi::Header& h) { h.byte_order = 0x04030201; }), Code::version,
     "byte order"},
    {"HeaderPointerWidth", header([](abi::Header& h) { h.pointer_width = 4; }), Code::version,
     "pointers of 4 bytes"},
    {"HeaderChecksum",
     at<abi::Header>([](TableBuilder& b) { return b.header_address(); },
                     [](abi::Header& h) { h.va_bits = 48; }),
     Code::damaged, "checksum"},
    {"HeaderConstantSize", header([](abi::Header& h) { h.constant_size = 120; }), Code::damaged,
     "checksum"},
    {"HeaderSelf", header([](abi::Header& h) { h.self += 4096; }), Code::damaged, "lies at"},
    {"HeaderRoot", header([](abi::Header& h) { h.root += 4096; }), Code::damaged, "another root"},
    {"NodeSize", header([](abi::Header& h) { h.node_size = 8; }), Code::damaged, "node size of 8"},
    {"NodeSizeHuge", header([](abi::Header& h) { h.node_size = 1u << 31; }), Code::damaged, "node"},
    {"StackSizeZero", header([](abi::Header& h) { h.stack_size = 0; }), Code::damaged, "stack"},
    {"RecordSizeOdd", header([](abi::Header& h) { h.record_size = 65; }), Code::damaged, "record"},
    {"ModuleSize", header([](abi::Header& h) { h.module_size = 120; }), Code::damaged, "module"},
    {"ThreadSize", header([](abi::Header& h) { h.thread_size = 120; }), Code::damaged, "thread"},
    {"ShardSize", header([](abi::Header& h) { h.shard_size = 256; }), Code::damaged, "shard"},
    {"RegionSize", header([](abi::Header& h) { h.region_size = 4096; }), Code::damaged, "region"},
    {"TrackedSize", header([](abi::Header& h) { h.tracked_size = 16; }), Code::damaged, "tracked"},
    {"StateSize", header([](abi::Header& h) { h.state_size = 64; }), Code::damaged, "state"},
    {"ContextSize", header([](abi::Header& h) { h.context_size = ~0u; }), Code::damaged, "context"},
    {"InflightSize", header([](abi::Header& h) { h.inflight_size = 136; }), Code::damaged,
     "inflight"},
    {"LossSize", header([](abi::Header& h) { h.loss_size = 40; }), Code::damaged, "loss"},

    {"StateNowhere", header([](abi::Header& h) { h.state = 0x2000; }), Code::unreadable, "state"},
    {"StateSelf", state([](abi::State& s) { s.self = 1; }), Code::damaged, "state"},
};
INSTANTIATE_TEST_SUITE_P(FixedParts, BrokenTable, ::testing::ValuesIn(kFixedParts),
                         [](const auto& test) { return test.param.name; });

const Case kCountsAndPointers[] = {
    {"NodeCountHuge", header([](abi::Header& h) { h.node_count = kHuge; }), Code::damaged,
     "1152921504606846976 frames"},
    {"StackCountHuge", header([](abi::Header& h) { h.stack_count = kHuge; }), Code::damaged,
     "tracebacks"},
    {"ModuleCountHuge", header([](abi::Header& h) { h.module_count = kHuge; }), Code::damaged,
     "modules"},
    {"ThreadCountHuge", header([](abi::Header& h) { h.thread_count = kHuge; }), Code::damaged,
     "threads"},
    {"NodeCountAtCapacity", header([](abi::Header& h) { h.node_count = 1u << 26; }),
     Code::unreadable, "frames"},
    {"StackCountAtCapacity", header([](abi::Header& h) { h.stack_count = 1u << 24; }),
     Code::unreadable, "tracebacks"},
    {"StackCountTooSmall", header([](abi::Header& h) { h.stack_count = 0; }), Code::damaged,
     "counts for traceback"},
    {"NodeCountTooSmall", header([](abi::Header& h) { h.node_count = 17; }), Code::damaged,
     "names frame"},
    {"ModuleCountTooSmall", header([](abi::Header& h) { h.module_count = 1; }), Code::damaged,
     "names module"},
    {"NodeChunkZero", header([](abi::Header& h) { h.node_chunk[0] = 0; }), Code::unreadable, "list of frames"},
    {"NodeChunkOdd", header([](abi::Header& h) { h.node_chunk[0] += 4; }), Code::damaged, "frames"},
    {"NodeChunkNowhere", header([](abi::Header& h) { h.node_chunk[0] = 0x1000; }),
     Code::unreadable, "frames"},
    {"NodeChunkWraps", header([](abi::Header& h) { h.node_chunk[0] = ~0ull - 7; }), Code::damaged,
     "frames"},
    {"NodeChunkTwice", header([](abi::Header& h) {
         h.node_count = 3u << 16;
         for (int i = 1; i < 3; ++i) h.node_chunk[i] = h.node_chunk[0];
     }), Code::unreadable, "frames"},
    {"StackChunkIsNodeChunk", header([](abi::Header& h) { h.stack_chunk[0] = h.node_chunk[0]; }),
     Code::damaged, "over another part"},
    {"ThreadChunkOverTheStacks",
     header([](abi::Header& h) { h.thread_chunk[0] = h.stack_chunk[0]; }), Code::damaged,
     "threads"},

    {"NodeOfItself",
     at<abi::Node>([](TableBuilder& b) { return b.node_address(17); },
                   [](abi::Node& n) { n.parent = 17; }),
     Code::damaged, "names parent 17"},
    {"NodeOfALaterOne",
     at<abi::Node>([](TableBuilder& b) { return b.node_address(16); },
                   [](abi::Node& n) { n.parent = 17; }),
     Code::damaged, "parent"},
    {"NodeParentHuge",
     at<abi::Node>([](TableBuilder& b) { return b.node_address(17); },
                   [](abi::Node& n) { n.parent = ~0u; }),
     Code::damaged, "parent"},
    {"NodeModule",
     at<abi::Node>([](TableBuilder& b) { return b.node_address(17); },
                   [](abi::Node& n) { n.pc_module |= 0xffffull << 48; }),
     Code::damaged, "module 65535"},
    {"StackNode",
     at<abi::Stack>([](TableBuilder& b) { return b.stack_address(16); },
                    [](abi::Stack& s) { s.node = 1u << 20; }),
     Code::damaged, "frame 1048576"},

    {"ShardsNowhere", state([](abi::State& s) { s.shards = 0x3000; }), Code::unreadable,
     "shard at 0x3000"},
    {"ShardsOdd", state([](abi::State& s) { s.shards += 1; }), Code::damaged, "shard"},
    {"ShardOverTheState",
     at<abi::Shard>([](TableBuilder& b) { return b.shard_address(0); },
                    [](abi::Shard& s) { s.next = TableBuilder::kState + 8; }),
     Code::damaged, "over another part"},
    {"ShardsInACircle",
     [](TableBuilder& b, FakeMemory& m) {
         m.put(b.shard_address(1) + offsetof(abi::Shard, next), b.shard_address(0));
     },
     Code::damaged, "a cycle"},
    {"ShardsOverlap",
     [](TableBuilder& b, FakeMemory& m) {
         m.put(b.shard_address(1) + offsetof(abi::Shard, next), b.shard_address(0) + 8);
     },
     Code::damaged, "a cycle"},
    {"MiddleTwice",
     [](TableBuilder& b, FakeMemory& m) {
         m.put(b.shard_address(0) + offsetof(abi::Shard, top) + 8, b.middle_address(16));
     },
     Code::damaged, "over another part"},
    {"MiddleNowhere",
     [](TableBuilder& b, FakeMemory& m) {
         m.put(b.shard_address(0) + offsetof(abi::Shard, top) + 8 * 255, std::uint64_t{0x4000});
     },
     Code::unreadable, "counters at 0x4000"},
    {"ChunkTwice",
     [](TableBuilder& b, FakeMemory& m) {
         m.put(b.middle_address(16) + 8 * 1023, b.record_address(0));
     },
     Code::damaged, "over another part"},
    {"ChunkNowhere",
     [](TableBuilder& b, FakeMemory& m) { m.put(b.middle_address(16), std::uint64_t{0x5000}); },
     Code::unreadable, "counters at 0x5000"},
    {"ChunkOfAnUnknownTraceback",
     [](TableBuilder& b, FakeMemory& m) {
         m.put(b.middle_address(16) + 8 * 1000, b.record_address(0));
         m.put(b.middle_address(16), std::uint64_t{0});
     },
     Code::damaged, "counts for traceback 64"},

    {"ContextsInACircle",
     [](TableBuilder& b, FakeMemory& m) {
         m.put(b.context_address(1), b.context_address(0));
     },
     Code::damaged, "a cycle"},
    {"ContextsNowhere", header([](abi::Header& h) { h.contexts = 0x6000; }), Code::unreadable,
     "context"},
    {"ContextSelf",
     [](TableBuilder& b, FakeMemory& m) {
         m.put(b.context_address(1) + offsetof(abi::Context, self), std::uint64_t{1});
     },
     Code::damaged, "context"},
    {"RegionsInACircle",
     [](TableBuilder& b, FakeMemory& m) {
         m.put(b.region_address(kBlock) + 8, b.region_address(kBlock));
     },
     Code::damaged, "a cycle"},
    {"RegionBase",
     [](TableBuilder& b, FakeMemory& m) { m.put(b.region_address(kBlock), kBlock); },
     Code::damaged, "region"},
    {"LeavesShared",
     [](TableBuilder& b, FakeMemory& m) {
         const std::uint64_t leaves = b.region_address(kBlock) + offsetof(abi::Region, leaf);
         for (std::uint32_t i = 0; i < abi::kPagesPerRegion; ++i) {
             m.put(leaves + 8 * i, TableBuilder::kHeader);
         }
     },
     Code::damaged, "two pages"},
};
INSTANTIATE_TEST_SUITE_P(CountsAndPointers, BrokenTable, ::testing::ValuesIn(kCountsAndPointers),
                         [](const auto& test) { return test.param.name; });

// --- parts that can be missing: the rest is shown, and the remark says where ------

class PartlyBroken : public ::testing::Test {
  protected:
    PartlyBroken() { fill(builder_); }
    Table read(FakeMemory& memory) {
        const auto start = std::chrono::steady_clock::now();
        Table table = read_back(memory);
        EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(100));
        EXPECT_EQ(table.traces.size(), 2u);
        return table;
    }
    TableBuilder builder_;
};

TEST_F(PartlyBroken, NamesOfModules) {
    FakeMemory memory = builder_.build();
    memory.change<abi::Module>(builder_.module_address(1), [](abi::Module& m) { m.path = 0x99; });
    memory.change<abi::Module>(builder_.module_address(2), [](abi::Module& m) {
        m.path_length = ~0u;
        m.build_id_length = ~0u;
    });
    const Table table = read(memory);
    EXPECT_EQ(table.modules[1].path, "");
    EXPECT_EQ(table.modules[2].build_id.size(), 40u);
    EXPECT_THAT(remark(table, "incomplete"), HasSubstr("names of modules missing at 0x99"));
}

TEST_F(PartlyBroken, Modules) {
    FakeMemory memory = builder_.build();
    memory.change<abi::Header>(TableBuilder::kHeader,
                               [](abi::Header& h) { h.module_chunk[0] = 0; });
    EXPECT_THAT(remark(read(memory), "incomplete"), HasSubstr("modules missing at 0x7ffff000"));
    memory = builder_.build();
    memory.unmap(builder_.module_address(0), 4096);
    const Table table = read(memory);
    EXPECT_EQ(table.modules.size(), 3u);
    EXPECT_THAT(remark(table, "incomplete"), HasSubstr("modules missing"));
}

TEST_F(PartlyBroken, RowsOfThreads) {
    for (const bool zeros : {false, true}) {
        FakeMemory memory = builder_.build();
        memory.put(builder_.context_address(0) + offsetof(abi::Context, thread),
                   builder_.thread_address(0));
        memory.unmap(builder_.thread_address(0), 4096);
        memory.zero_holes = zeros;
        const Table table = read(memory);
        EXPECT_THAT(table.threads, IsEmpty());
        EXPECT_THAT(remark(table, "incomplete"), HasSubstr("rows of threads"));
    }
}

TEST_F(PartlyBroken, TrackedTable) {
    for (const std::uint64_t capacity :
         {std::uint64_t{0}, std::uint64_t{3}, kHuge, ~std::uint64_t{0}}) {
        FakeMemory memory = builder_.build();
        memory.put(TableBuilder::kTracked, capacity);
        memory.put(TableBuilder::kTracked + 8, ~std::uint64_t{0});
        const Table table = read(memory);
        EXPECT_THAT(remark(table, "incomplete"), HasSubstr("large"));
        EXPECT_EQ(table.blocks.size(), 61u);
    }
    FakeMemory memory = builder_.build();
    memory.put(TableBuilder::kTracked, std::uint64_t{1} << 26);
    memory.put(TableBuilder::kTracked + 8, ~std::uint64_t{0});
    EXPECT_THAT(remark(read(memory), "incomplete"), HasSubstr("large"));
}

TEST_F(PartlyBroken, ThreadsThatAreCountedButNotThereYet) {
    FakeMemory memory = builder_.build();
    memory.change<abi::Header>(TableBuilder::kHeader,
                               [](abi::Header& h) { h.thread_count = 65536; });
    memory.map(builder_.thread_address(0), abi::kThreadsPerChunk * sizeof(abi::Thread));
    EXPECT_EQ(read(memory).threads.size(), 1u);
}

// --- whole pages ------------------------------------------------------------------

// Those that hold anything; the others are lost without a loss.
std::vector<std::uint64_t> filled_pages(const FakeMemory& memory) {
    std::vector<std::uint64_t> pages;
    FakeMemory copy = memory;
    for (const std::uint64_t page : memory.pages()) {
        const auto bytes = copy.get<std::array<char, 4096>>(page);
        const bool zero = std::count(bytes.begin(), bytes.end(), 0) == 4096;
        if (!zero) pages.push_back(page);
    }
    return pages;
}

// Each page lost in turn, as unreadable memory and as a debugger's zeros: an
// error that names an address, a remark, or the same figures as before.
TEST(LostPage, IsNeverSilent) {
    TableBuilder builder;
    fill(builder);
    const FakeMemory whole = builder.build();
    FakeMemory memory = whole;
    const Table sound = read_back(memory);
    for (const std::uint64_t page : filled_pages(whole)) {
        for (const bool zeros : {false, true}) {
            memory = whole;
            memory.unmap(page, 4096);
            memory.zero_holes = zeros;
            const Result<Table> table = try_read(memory);
            if (!table) {
                EXPECT_NE(table.error().address, 0u) << std::hex << page;
                EXPECT_TRUE(table.error().code == Code::unreadable ||
                            table.error().code == Code::damaged);
                continue;
            }
            const bool same = table->current_size == sound.current_size &&
                              table->current_count == sound.current_count &&
                              table->peak_size == sound.peak_size &&
                              table->blocks.size() == sound.blocks.size() &&
                              table->traces.size() == sound.traces.size();
            EXPECT_TRUE(same || !table->remarks.empty()) << std::hex << page << " " << zeros;
        }
    }
}

// A core cut short: everything from some address on is gone.
TEST(Truncated, AtEveryPage) {
    TableBuilder builder;
    fill(builder);
    const FakeMemory whole = builder.build();
    const std::vector<std::uint64_t> pages = whole.pages();
    for (std::size_t keep = 0; keep < pages.size(); keep += 1 + keep / 16) {
        for (const bool zeros : {false, true}) {
            FakeMemory memory = whole;
            for (std::size_t i = keep; i < pages.size(); ++i) memory.unmap(pages[i], 1);
            memory.zero_holes = zeros;
            const auto start = std::chrono::steady_clock::now();
            const Result<Table> table = try_read(memory);
            EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(300));
            if (table) {
                EXPECT_FALSE(table->remarks.empty()) << keep << " pages kept";
            }
        }
    }
}

TEST(Filled, WithOneByteEverywhere) {
    TableBuilder builder;
    fill(builder);
    for (const int value : {0, 0xff, 0x01, 0x7f}) {
        FakeMemory memory = builder.build();
        for (const std::uint64_t page : memory.pages()) {
            memory.fill(page, 4096, static_cast<std::byte>(value));
        }
        const Result<Table> table = try_read(memory);
        ASSERT_FALSE(table) << value;
        EXPECT_EQ(table.error().code, value == 0 ? Code::unreadable : Code::damaged);
    }
}

TEST(Filled, EachPartWithOneByte) {
    TableBuilder builder;
    fill(builder);
    const FakeMemory whole = builder.build();
    for (const std::uint64_t page : filled_pages(whole)) {
        for (const int value : {0xff, 0x01, 0x7f}) {
            FakeMemory memory = whole;
            memory.fill(page, 4096, static_cast<std::byte>(value));
            const auto start = std::chrono::steady_clock::now();
            const Result<Table> table = try_read(memory);
            EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(500));
            EXPECT_TRUE(table || !table.error().text.empty());
        }
    }
}

// Counters of a shard that read as zeros are told from counters that are zero.
TEST(ZeroCounters, AreAnErrorOrARemark) {
    TableBuilder builder;
    fill(builder);
    FakeMemory memory = builder.build();
    memory.zero_holes = true;
    memory.unmap(builder.record_address(0), 4096);
    const Result<Table> table = try_read(memory);
    ASSERT_FALSE(table);
    EXPECT_EQ(table.error().code, Code::unreadable);
    EXPECT_THAT(table.error().text, HasSubstr("all zero"));

    const std::uint32_t late = builder.add_stack({0x555555554900});
    builder.record(late + 100).alloc_bytes = 0;  // a chunk whose first event is to come
    memory = builder.build();
    EXPECT_EQ(remark(read_back(memory), "incomplete"), "");
}

}  // namespace
}  // namespace mt::core
