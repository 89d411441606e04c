// SPDX-License-Identifier: MIT
//
// Broken and hostile tables: one clear error each, or the rest with a remark;
// quickly, with bounded memory, and never a crash.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <functional>
#include <ostream>

#include "reader_filled.h"

namespace mt::core {
namespace {

using test::FakeMemory;
using test::read_back;
using test::remark;
using test::TableBuilder;
using test::try_read;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

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

TEST_P(BrokenTable, IsOneClearErrorAfterLittleReading) {
    TableBuilder builder;
    fill(builder);
    FakeMemory memory = builder.build();
    GetParam().change(builder, memory);
    memory.bytes_read = memory.reads = 0;
    const Result<Table> table = try_read(memory);
    ASSERT_FALSE(table);
    EXPECT_EQ(table.error().code, GetParam().code) << table.error().text;
    EXPECT_THAT(table.error().text, HasSubstr(GetParam().text));
    EXPECT_EQ(table.error().text.find('\n'), std::string::npos);
    test::expect_little_was_read(memory);
}

const Case kFixedParts[] = {
    {"RootMagic", root([](abi::Root& r) { r.magic[3] = 'x'; }), Code::damaged, "magic"},
    {"RootNewerMajor", root([](abi::Root& r) {
         r.major = 3;
         r.minor = 5;
     }),
     Code::version, "3.5, this memtrace reads 2.x"},
    {"RootOlderMajor", root([](abi::Root& r) { r.major = 0; }), Code::version, "table format 0."},
    {"RootByteOrder", root([](abi::Root& r) { r.major = 0x0200; }), Code::version, "byte order"},
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
     Code::version, "7.1, this memtrace reads 2.x"},
    {"HeaderByteOrder", header([](abi::Header& h) { h.byte_order = 0x04030201; }), Code::version,
     "byte order"},
    {"HeaderPointerWidth", header([](abi::Header& h) { h.pointer_width = 4; }), Code::version,
     "pointers of 4 bytes"},
    {"HeaderArchitecture", header([](abi::Header& h) { h.architecture = 183; }), Code::version,
     "another architecture (ELF machine 183), this memtrace reads those of x86-64"},
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
         const std::uint64_t leaves = b.region_address(kBlock) + offsetof(abi::Region, fine);
         for (std::uint32_t i = 0; i < abi::kPagesPerRegion; ++i) {
             m.put(leaves + i * sizeof(abi::u64), TableBuilder::kHeader);
         }
     },
     Code::damaged, "two pages"},
};
INSTANTIATE_TEST_SUITE_P(CountsAndPointers, BrokenTable, ::testing::ValuesIn(kCountsAndPointers),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace mt::core
