// SPDX-License-Identifier: MIT
//
// Which memory the runtime has mapped for itself, and whether the table has each block that
// lives: from lists as the runtime leaves them, and from damaged ones.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <ostream>

#include "support/own_lists.h"
#include "support/read_back.h"

namespace mt::core {

bool operator==(const MemoryRegion& a, const MemoryRegion& b) {
    return a.start == b.start && a.end == b.end;
}
void PrintTo(const MemoryRegion& region, std::ostream* out) {
    *out << std::hex << region.start << "-" << region.end << std::dec;
}

namespace {

using test::FakeMemory;
using test::OwnLists;
using test::remark;
using test::TableBuilder;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::uint64_t kChunk = 0x7fffc0000000, kOther = 0x7fffc0200000;
constexpr std::uint64_t kEntry = kChunk + 0x1000, kStateEntry = kOther + 0x1000;
constexpr std::uint64_t kMapped = 0x7fffe0000000, kStateMapped = 0x7fffe0100000;
constexpr std::uint64_t kRetired = 0x7fffb0000000;
constexpr std::uint64_t kPart = 256u << 10;
constexpr MemoryRegion kHeaderRegion{TableBuilder::kHeader,
                                     TableBuilder::kHeader + abi::kHeaderMapping};
constexpr MemoryRegion kStateRegion{TableBuilder::kState,
                                    TableBuilder::kState + OwnLists::kStateSize};
// They lie side by side.
static_assert(kHeaderRegion.end == kStateRegion.start);
constexpr MemoryRegion kFixed{kHeaderRegion.start, kStateRegion.end};

Result<Table> try_read_own(FakeMemory& memory) {
    const Result<Status> status = read_status(memory, TableBuilder::kRoot);
    if (!status) return fail(status.error());
    return read_table(memory, *status, {.blocks = true, .own = true});
}

class OwnMemoryOfATable : public ::testing::Test {
  protected:
    // A pool of one chunk and one mapping each.
    void fill() {
        lists.add_chunk(OwnLists::kPool, kChunk, kPart, 640);
        lists.add_mapping(OwnLists::kPool, kEntry, kMapped, 5000);
        lists.add_chunk(OwnLists::kStatePool, kOther, kPart, 640);
        lists.add_mapping(OwnLists::kStatePool, kStateEntry, kStateMapped, 0x20000);
    }
    OwnMemory read() {
        const Result<Table> table = try_read_own(memory);
        EXPECT_TRUE(table) << table.error().text;
        if (!table) return {};
        incomplete = remark(*table, "incomplete");
        damaged = remark(*table, "damaged");
        return table->own;
    }

    TableBuilder builder;
    FakeMemory memory = builder.build();
    OwnLists lists{memory};
    std::string incomplete, damaged;
};

TEST_F(OwnMemoryOfATable, IsHeaderStateChunksAndMappings) {
    fill();
    EXPECT_THAT(
        read().regions,
        ElementsAre(MemoryRegion{kChunk, kChunk + kPart}, MemoryRegion{kOther, kOther + kPart},
                    MemoryRegion{kMapped, kMapped + 8192},
                    MemoryRegion{kStateMapped, kStateMapped + 0x20000}, kFixed));
    EXPECT_THAT(incomplete, IsEmpty());
}

TEST_F(OwnMemoryOfATable, HasTheBlocksThatTheLoaderGotBesideIt) {
    fill();
    EXPECT_EQ(read().bootstrap,
              (MemoryRegion{OwnLists::kBootstrap, OwnLists::kBootstrap + abi::kBootstrapBytes}));
}

TEST_F(OwnMemoryOfATable, IsReadOnRequestOnly) {
    fill();
    const Table table = test::read_back(memory);
    EXPECT_THAT(table.own.regions, IsEmpty());
    EXPECT_EQ(table.own.bootstrap, MemoryRegion{});
}

TEST_F(OwnMemoryOfATable, HasAChunkThatIsFullToItsLastByte) {
    lists.add_chunk(OwnLists::kPool, kChunk, abi::kChunkBytes);
    lists.add_chunk(OwnLists::kPool, kChunk + abi::kChunkBytes, abi::kChunkBytes);
    EXPECT_THAT(read().regions,
                ElementsAre(MemoryRegion{kChunk, kChunk + 2 * abi::kChunkBytes}, kFixed));
}

TEST_F(OwnMemoryOfATable, HasNotWhatWasGivenBack) {
    fill();
    memory.change<abi::Mapping>(kEntry, [](abi::Mapping& m) { m.address = m.counted = 0; });
    lists.add_mapping(OwnLists::kPool, kEntry + 64, kMapped + 0x10000, 4096);
    EXPECT_THAT(
        read().regions,
        ElementsAre(MemoryRegion{kChunk, kChunk + kPart}, MemoryRegion{kOther, kOther + kPart},
                    MemoryRegion{kMapped + 0x10000, kMapped + 0x11000},
                    MemoryRegion{kStateMapped, kStateMapped + 0x20000}, kFixed));
}

TEST_F(OwnMemoryOfATable, HasStatesThatWereReplaced) {
    for (const std::uint64_t state : {kRetired, kRetired + 0x100000}) {
        lists.put_state(state);
        lists.retire(state);
    }
    lists.add_chunk(kRetired + sizeof(abi::State), kChunk, kPart);
    EXPECT_THAT(
        read().regions,
        ElementsAre(MemoryRegion{kRetired, kRetired + OwnLists::kStateSize},
                    MemoryRegion{kRetired + 0x100000, kRetired + 0x100000 + OwnLists::kStateSize},
                    MemoryRegion{kChunk, kChunk + kPart}, kFixed));
    EXPECT_THAT(incomplete, IsEmpty());
}

// It is about to be replaced.
TEST_F(OwnMemoryOfATable, HasTheCurrentStateOnceWhereItIsAmongThoseReplaced) {
    lists.put_state(kRetired);
    lists.retire(kRetired);
    lists.retire(TableBuilder::kState);
    EXPECT_THAT(read().regions,
                ElementsAre(MemoryRegion{kRetired, kRetired + OwnLists::kStateSize}, kFixed));
}

// The oldest chunk of a replaced state reads as zeros just before it goes.
TEST_F(OwnMemoryOfATable, EndsAtAChunkThatIsGivenBack) {
    lists.put_state(kRetired);
    lists.retire(kRetired);
    const std::uint64_t pool = kRetired + sizeof(abi::State);
    lists.add_chunk(pool, kChunk, kPart);
    lists.add_chunk(pool, kOther, kPart);
    memory.put(kChunk, abi::Mapping{});
    EXPECT_THAT(read().regions, ElementsAre(MemoryRegion{kRetired, kRetired + OwnLists::kStateSize},
                                            MemoryRegion{kOther, kOther + kPart}, kFixed));
    EXPECT_THAT(incomplete, IsEmpty());
}

TEST_F(OwnMemoryOfATable, SaysWhatOfItIsNotInTheCore) {
    fill();
    lists.add_chunk(OwnLists::kPool, kChunk + 0x400000, kPart);
    memory.unmap(kChunk, 4096);
    EXPECT_THAT(read().regions, ::testing::Contains(MemoryRegion{kMapped, kMapped + 8192}));
    EXPECT_THAT(incomplete, HasSubstr("memory of the runtime's own missing at 0x7fffc0000000"));
}

TEST_F(OwnMemoryOfATable, SaysThatAPageOfZerosWasNotDumped) {
    fill();
    memory.fill(kChunk, 4096, std::byte{0});
    read();
    EXPECT_THAT(incomplete, HasSubstr("memory of the runtime's own missing at 0x7fffc0000000"));
}

// What else the list named would be searched as the program's, and hide what was lost there.
TEST_F(OwnMemoryOfATable, SaysThatTheListEndsInZeros) {
    fill();
    memory.fill(kEntry, 4096, std::byte{0});
    read();
    EXPECT_THAT(incomplete, HasSubstr("memory of the runtime's own missing at 0x7fffc0001000"));
}

TEST_F(OwnMemoryOfATable, IsNotToldByAnOlderRuntime) {
    memory.change<abi::Header>(TableBuilder::kHeader, [](abi::Header& h) { h.memory = 0; });
    EXPECT_THAT(read().regions, IsEmpty());
    EXPECT_THAT(incomplete, HasSubstr("memory of the runtime's own missing"));
}

TEST(BlocksInTheRuntimesOwnMemory, AreNone) {
    TableBuilder builder;
    const std::uint32_t stack = builder.add_stack({0x555555554100});
    builder.allocate(stack, 40);
    builder.allocate_at(kMapped + 64, stack, 40);
    FakeMemory memory = builder.build();
    OwnLists lists(memory);
    lists.add_chunk(OwnLists::kPool, kChunk, kPart);
    lists.add_mapping(OwnLists::kPool, kEntry, kMapped, 4096);
    const Result<Table> table = try_read_own(memory);
    ASSERT_TRUE(table) << table.error().text;
    EXPECT_THAT(remark(*table, "damaged"), HasSubstr("blocks lie in its own memory"));
}

// --- damaged lists ---

struct Case {
    const char* name;
    std::function<void(FakeMemory&, OwnLists&)> change;
    const char* text = "the runtime's own memory at";
};
void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

template <typename T, typename Change>
auto at(std::uint64_t address, Change change) {
    return [=](FakeMemory& memory, OwnLists&) { memory.change<T>(address, change); };
}
template <typename Change>
auto entry(Change change) {
    return at<abi::Mapping>(kEntry, change);
}
template <typename Change>
auto chunk(Change change) {
    return at<abi::Mapping>(kChunk, change);
}
template <typename Change>
auto state(Change change) {
    return at<abi::State>(TableBuilder::kState, change);
}

class BrokenOwnMemory : public ::testing::TestWithParam<Case> {};

TEST_P(BrokenOwnMemory, IsOneClearErrorAfterLittleReading) {
    TableBuilder builder;
    FakeMemory memory = builder.build();
    OwnLists lists(memory);
    lists.add_chunk(OwnLists::kPool, kChunk, kPart);
    lists.add_mapping(OwnLists::kPool, kEntry, kMapped, 0x20000);
    lists.put_state(kRetired);
    lists.retire(kRetired);
    GetParam().change(memory, lists);
    memory.bytes_read = memory.reads = 0;
    const Result<Table> table = try_read_own(memory);
    ASSERT_FALSE(table);
    EXPECT_EQ(table.error().code, Code::damaged) << table.error().text;
    EXPECT_THAT(table.error().text, HasSubstr(GetParam().text));
    EXPECT_EQ(table.error().text.find('\n'), std::string::npos);
    test::expect_little_was_read(memory);
}

constexpr const char* kTwice = "lies over another part of it";
const Case kCases[] = {
    {"ChunksInACircle", chunk([](abi::Mapping& m) { m.next = kChunk; }), kTwice},
    {"ChunkElsewhere", chunk([](abi::Mapping& m) { m.address += 4096; })},
    {"ChunkNowhere", chunk([](abi::Mapping& m) { m.address = 0; })},
    {"ChunkOfNothing", chunk([](abi::Mapping& m) { m.size = 0; })},
    {"ChunkTooLarge", chunk([](abi::Mapping& m) { m.size = abi::kChunkBytes + 4096; })},
    {"ChunkNotAligned", chunk([](abi::Mapping& m) { m.next = kChunk + 4096; })},
    {"MappingsInACircle", entry([](abi::Mapping& m) { m.next = kEntry; }), kTwice},
    {"EntryOverAChunk", entry([](abi::Mapping& m) { m.next = kChunk + 8; }), kTwice},
    {"EntryOverTheHeader", entry([](abi::Mapping& m) { m.next = TableBuilder::kHeader; }), kTwice},
    {"EntryNotAligned", entry([](abi::Mapping& m) { m.next = kEntry + 65; }), "cannot lie at"},
    {"MappingOfNothing", entry([](abi::Mapping& m) { m.size = m.counted = 0; })},
    {"MappingNotAligned", entry([](abi::Mapping& m) { m.address += 64; })},
    {"MappingBeyondMemory", entry([](abi::Mapping& m) { m.size = m.counted = ~0ull - 4096; })},
    {"MappingOfAllMemory", entry([](abi::Mapping& m) {
         m.address = 0x1000;
         m.size = m.counted = 1ull << 48;
     })},
    {"MappingLargerThanCounted", entry([](abi::Mapping& m) { m.size += 4096; })},
    {"MappingOverAChunk", entry([](abi::Mapping& m) { m.address = kChunk + 0x3f000; })},
    {"StateTooSmall", state([](abi::State& s) { s.mapping_size = 64; })},
    {"StateTooLarge", state([](abi::State& s) { s.mapping_size = 1ull << 40; })},
    {"PoolInFrontOfItsState", state([](abi::State& s) { s.memory = s.self - 16; })},
    {"PoolInItsState", state([](abi::State& s) { s.memory = s.self; })},
    {"PoolBehindItsState", state([](abi::State& s) { s.memory = s.self + s.mapping_size - 8; })},
    {"StatesInACircle", at<abi::State>(kRetired, [](abi::State& s) { s.next_retired = kRetired; }),
     kTwice},
    {"StatesInACircleWithTheCurrent",
     at<abi::State>(kRetired, [](abi::State& s) { s.next_retired = TableBuilder::kState; }),
     kTwice},
    {"StateInTheHeader",
     at<abi::Header>(TableBuilder::kHeader,
                     [](abi::Header& h) { h.retired = TableBuilder::kHeader + 64; }),
     kTwice},
};
INSTANTIATE_TEST_SUITE_P(Lists, BrokenOwnMemory, ::testing::ValuesIn(kCases),
                         [](const auto& c) { return c.param.name; });

TEST(EndlessOwnMemory, EndsWithTheMemoryThatIsThere) {
    TableBuilder builder;
    FakeMemory memory = builder.build();
    OwnLists lists(memory);
    lists.add_chunk(OwnLists::kPool, kChunk, abi::kChunkBytes);
    for (std::uint64_t i = 1; i < abi::kChunkBytes / 64; ++i) {
        lists.add_mapping(OwnLists::kPool, kChunk + i * 64, kMapped + i * 4096, 4096);
    }
    memory.bytes_read = 0;
    const Result<Table> table = try_read_own(memory);
    ASSERT_TRUE(table) << table.error().text;
    EXPECT_EQ(table->own.regions.size(), 3u);
    EXPECT_LT(memory.bytes_read, 4 * abi::kChunkBytes);
}

// --- does the table have each block that lives? ---

class KnownBlocks : public ::testing::Test {
  protected:
    KnownBlocks() {
        builder.state.since_beginning = 1;
        stack = builder.add_stack({0x555555554100});
        block = builder.allocate(stack, 40);
    }
    bool known() {
        FakeMemory memory = builder.build();
        const OwnLists lists(memory);
        const Result<Table> table = try_read_own(memory);
        EXPECT_TRUE(table) << table.error().text;
        return table && table->own.knows_all_blocks;
    }

    TableBuilder builder;
    std::uint32_t stack = 0;
    std::uint64_t block = 0;
};

TEST_F(KnownBlocks, AreAllWhereNoneHasPassedUnrecorded) { EXPECT_TRUE(known()); }

TEST_F(KnownBlocks, AreNotAllWhereSomeMayHavePassed) {
    builder.state.since_beginning = 0;
    EXPECT_FALSE(known());
}

TEST_F(KnownBlocks, AreNotAllWhereAnUnknownOneWasFreed) {
    builder.shard(0).untracked_frees = 1;
    EXPECT_FALSE(known());
}

TEST_F(KnownBlocks, AreNoneWhereNothingIsTraced) {
    builder.root.request &= ~abi::kRequestOn;
    builder.header.state = 0;
    EXPECT_FALSE(known());
}

TEST_F(KnownBlocks, AreNoneOfARequestThatWasNotObeyedYet) {
    builder.root.request = abi::make_request(abi::kRequestOn, 32, 2);
    EXPECT_FALSE(known());
}

TEST_F(KnownBlocks, AreNotAllWhileOneMoves) {
    abi::Inflight& event = builder.add_context().inflight;
    event.op = static_cast<abi::u64>(abi::Op::move);
    event.address = block;
    event.old_word = abi::make_word(block, 40, stack);
    event.old_size = 40;
    EXPECT_FALSE(known());
    builder.context(0).inflight.op |= abi::kCommitted;
    EXPECT_TRUE(known());
}

TEST_F(KnownBlocks, AreNotAllAfterALossOfBlocks) {
    for (const char* name :
         {"no_memory", "no_context", "state_busy", "nested_overflow", "guard_healed", "bad_address",
          "large_lost", "address_reused", "of_a_newer_runtime"}) {
        TableBuilder other;
        other.state.since_beginning = 1;
        other.add_loss(name, 1, 1);  // also before the state was made
        FakeMemory memory = other.build();
        const OwnLists lists(memory);
        EXPECT_FALSE(try_read_own(memory)->own.knows_all_blocks) << name;
    }
}

TEST_F(KnownBlocks, AreAllAfterALossOfOtherThings) {
    for (const char* name : {"depot_full", "depot_busy", "peak_busy", "modules_full",
                             "threads_full", "tracked_busy", "untrack_lost", "stamp_lost"}) {
        builder.add_loss(name, 3);
    }
    EXPECT_TRUE(known());
}

}  // namespace
}  // namespace mt::core
