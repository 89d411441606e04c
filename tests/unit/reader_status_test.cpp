// SPDX-License-Identifier: MIT
//
// What a request means before the runtime has seen it, and how a table is
// found when its symbol or its root page is lost.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/read_back.h"

namespace mt::core {
namespace {

using test::FakeMemory;
using test::read_back;
using test::remark;
using test::TableBuilder;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class ReaderStatus : public ::testing::Test {
  protected:
    ReaderStatus() {
        id_ = builder_.add_stack({0x555555554100});
        builder_.release(builder_.allocate(id_, 100));
        builder_.allocate(id_, 60);
    }

    Status status(FakeMemory& memory, std::uint64_t symbol = TableBuilder::kRoot) {
        const Result<Status> result = read_status(memory, symbol);
        EXPECT_TRUE(result) << result.error().text;
        return result ? *result : Status{};
    }
    Error error(FakeMemory& memory, std::uint64_t symbol = TableBuilder::kRoot) {
        const Result<Status> result = read_status(memory, symbol);
        EXPECT_FALSE(result);
        return result ? Error{} : result.error();
    }

    TableBuilder builder_;
    std::uint32_t id_ = 0;
};

TEST_F(ReaderStatus, Tracing) {
    builder_.root.origin = static_cast<abi::u32>(abi::Origin::linked);
    builder_.root.request =
        abi::make_request(abi::kRequestOn | abi::kRequestPaused | abi::kRequestSampling, 7, 1);
    FakeMemory memory = builder_.build();
    const Status s = status(memory);
    EXPECT_TRUE(s.tracing);
    EXPECT_TRUE(s.paused);
    EXPECT_TRUE(s.sampling);
    EXPECT_FALSE(s.fresh);
    EXPECT_FALSE(s.found_by_scan);
    EXPECT_EQ(s.frame_limit, 7);
    EXPECT_EQ(s.identity.pid, TableBuilder::kPid);
    EXPECT_EQ(s.identity.generation, 1u);
    EXPECT_EQ(s.identity.cookie, 0x1122334455667788u);
    EXPECT_EQ(s.origin, 2u);
    EXPECT_EQ(s.major, abi::kMajor);
    EXPECT_EQ(s.header_address, TableBuilder::kHeader);
}

TEST_F(ReaderStatus, AClearNotYetSeenMeansNoTraces) {
    builder_.root.request = abi::make_request(abi::kRequestOn, 32, 2);
    FakeMemory memory = builder_.build();
    EXPECT_TRUE(status(memory).tracing);
    EXPECT_TRUE(status(memory).fresh);
    const Table table = read_back(memory);
    EXPECT_THAT(table.traces, IsEmpty());
    EXPECT_THAT(table.blocks, IsEmpty());
    EXPECT_EQ(table.current_size, 0);
    EXPECT_EQ(table.peak_size, 0);
    EXPECT_GT(table.own_bytes, 0u);
    EXPECT_THAT(table.remarks, IsEmpty());
}

TEST_F(ReaderStatus, AStopNotYetSeenMeansNoTraces) {
    builder_.root.request = abi::make_request(0, 32, 2);
    FakeMemory memory = builder_.build();
    EXPECT_FALSE(status(memory).tracing);
    EXPECT_THAT(read_back(memory).traces, IsEmpty());
}

TEST_F(ReaderStatus, AStopThatWasSeenIsSettled) {
    builder_.root.request = abi::make_request(0, 32, 2);
    builder_.header.state = 0;
    FakeMemory memory = builder_.build();
    EXPECT_FALSE(status(memory).tracing);
    EXPECT_FALSE(status(memory).fresh);
    EXPECT_EQ(read_back(memory).current_size, 0);
}

TEST_F(ReaderStatus, AStartBeforeTheFirstEvent) {
    builder_.root.header = 0;
    FakeMemory memory = builder_.build();
    EXPECT_TRUE(status(memory).tracing);
    EXPECT_TRUE(status(memory).fresh);
    EXPECT_EQ(status(memory).header_address, 0u);
    EXPECT_THAT(read_back(memory).traces, IsEmpty());
}

// What a stop shows between the making of the header and its naming in the root: a call
// that mt scope measured from there on was said to have begun with tracing off.
TEST_F(ReaderStatus, AHeaderThatIsBeingMadeHidesNoStart) {
    struct Live : FakeMemory {
        explicit Live(const FakeMemory& memory) : FakeMemory(memory) {}
        std::optional<std::vector<std::uint64_t>> pages_beginning_with(const PageStart&) override {
            return std::vector<std::uint64_t>{TableBuilder::kHeader};
        }
    };
    builder_.root.header = 0;
    builder_.header.state = 0;
    builder_.header.contexts = 0;
    Live memory{builder_.build()};
    EXPECT_TRUE(status(memory).tracing);
    EXPECT_TRUE(status(memory).fresh);
    EXPECT_NE(status(memory).identity.generation, 0u);
    EXPECT_EQ(status(memory).header_address, 0u);
    memory.change<abi::Header>(TableBuilder::kHeader,
                               [](abi::Header& h) { h.contexts = TableBuilder::kRoot; });
    EXPECT_EQ(status(memory).header_address, TableBuilder::kHeader);
}

TEST_F(ReaderStatus, LossesOutliveAStop) {
    builder_.add_loss("no_memory", 3);
    builder_.root.request = abi::make_request(0, 32, 2);
    builder_.header.state = 0;
    FakeMemory memory = builder_.build();
    const Table table = read_back(memory);
    ASSERT_EQ(table.losses.size(), 1u);
    EXPECT_EQ(table.losses[0].total, 3u);
    EXPECT_THAT(table.remarks, IsEmpty());
}

TEST_F(ReaderStatus, APeakResetNotYetSeenMakesThePeakCurrent) {
    FakeMemory memory = builder_.build();
    EXPECT_EQ(read_back(memory).peak_size, 100);
    memory.change<abi::Root>(TableBuilder::kRoot, [](abi::Root& r) { r.peak_reset_request = 1; });
    const Table table = read_back(memory);
    EXPECT_EQ(table.peak_size, 60);
    EXPECT_EQ(table.peak_count, 1);
    EXPECT_EQ(table.traces.at(0).peak_size, 60);
    memory.change<abi::State>(TableBuilder::kState, [](abi::State& s) { s.peak_reset_done = 1; });
    EXPECT_EQ(read_back(memory).peak_size, 100);
}

TEST_F(ReaderStatus, RefusedRuntimeSaysWhy) {
    builder_.root.header = 0;
    builder_.root.request = 0;
    builder_.root.status = static_cast<abi::u32>(abi::Status::refused);
    builder_.root.reason = static_cast<abi::u32>(abi::Reason::second_copy);
    FakeMemory memory = builder_.build();
    EXPECT_EQ(status(memory).runtime_status, 2u);
    EXPECT_EQ(status(memory).reason, 3u);
}

// --- finding it ---------------------------------------------------------------

TEST_F(ReaderStatus, FoundByScanWithoutASymbol) {
    FakeMemory memory = builder_.build();
    const Status s = status(memory, 0);
    EXPECT_TRUE(s.found_by_scan);
    EXPECT_EQ(s.root_address, TableBuilder::kRoot);
    EXPECT_EQ(s.identity.pid, TableBuilder::kPid);
    const Table table = read_back(memory, true, 0);
    EXPECT_EQ(table.current_size, 60);
    EXPECT_TRUE(table.status.found_by_scan);
    EXPECT_THAT(table.remarks, IsEmpty());
}

TEST_F(ReaderStatus, ScanPassesForgedAndCopiedHeaders) {
    FakeMemory memory = builder_.build();
    const auto header = memory.get<abi::Header>(TableBuilder::kHeader);
    memory.put(0x10000, header);  // a copy in a buffer: lies elsewhere than it says
    memory.put(0x20000, abi::kHeaderMagic);
    EXPECT_EQ(status(memory, 0).header_address, TableBuilder::kHeader);
}

TEST_F(ReaderStatus, ScanPastHolesAndClaimedRegions) {
    FakeMemory memory = builder_.build();
    memory.extra_regions = {{0x7fff00000000, 0x7fff40000000}, {UINT64_MAX - 10, UINT64_MAX}};
    EXPECT_EQ(status(memory, 0).header_address, TableBuilder::kHeader);
}

// A sanitizer's shadow: terabytes that can be read and hold nothing.
TEST_F(ReaderStatus, ScanLeavesReservationsAlone) {
    FakeMemory memory;
    memory.map(0x10000, 4096);
    memory.zero_holes = true;
    memory.extra_regions = {{0x100000000000, 0x7fff00000000}};
    EXPECT_EQ(error(memory, 0).code, Code::no_runtime);
    EXPECT_LT(memory.reads, 10u);
}

TEST_F(ReaderStatus, NothingFoundNamesTheWayOut) {
    FakeMemory memory;
    memory.map(0x10000, 1 << 20);
    const Error e = error(memory, 0);
    EXPECT_EQ(e.code, Code::no_runtime);
    EXPECT_THAT(e.text, HasSubstr("mt preload"));
    EXPECT_THAT(e.text, HasSubstr("link"));
    memory.tells_regions = false;
    EXPECT_EQ(error(memory, 0).code, Code::no_runtime);
}

TEST_F(ReaderStatus, ScanReportsWhyTheOnlyCandidateWasRefused) {
    builder_.header.major = 9;
    FakeMemory memory = builder_.build();
    EXPECT_EQ(error(memory, 0).code, Code::version);
}

TEST_F(ReaderStatus, IsOfTheTableAtAnAddressAndOfNoOther) {
    FakeMemory memory = builder_.build();
    memory.tells_regions = false;  // nothing to search in
    EXPECT_EQ(error(memory, 0).code, Code::no_runtime);
    for (const std::uint64_t at : {TableBuilder::kRoot, TableBuilder::kHeader}) {
        const Result<Status> found = read_status_at(memory, at);
        ASSERT_TRUE(found) << found.error().text;
        EXPECT_EQ(found->root_address, TableBuilder::kRoot);
        EXPECT_EQ(found->header_address, TableBuilder::kHeader);
        EXPECT_EQ(found->identity.pid, TableBuilder::kPid);
    }
    const Result<Status> other = read_status_at(memory, TableBuilder::kState);
    ASSERT_FALSE(other);
    EXPECT_EQ(other.error().code, Code::usage);
    EXPECT_THAT(other.error().text, HasSubstr("0x7ffff0010000: what is there is something else"));
    const Result<Status> none = read_status_at(memory, 0x1000);
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().code, Code::unreadable);
    EXPECT_THAT(none.error().text, HasSubstr("0x1000: it cannot be read"));
}

TEST_F(ReaderStatus, LostRootStillGivesTheTable) {
    for (const bool zeros : {false, true}) {
        FakeMemory memory = builder_.build();
        memory.unmap(TableBuilder::kRoot, sizeof(abi::Root));
        memory.zero_holes = zeros;
        for (const std::uint64_t symbol : {std::uint64_t{TableBuilder::kRoot}, std::uint64_t{0}}) {
            const Table table = read_back(memory, true, symbol);
            EXPECT_EQ(table.current_size, 60);
            EXPECT_EQ(table.peak_size, 100);
            EXPECT_TRUE(table.status.tracing);
            EXPECT_EQ(table.status.identity.generation, 1u);
            EXPECT_EQ(table.status.frame_limit, abi::kDefaultFrameLimit);
            EXPECT_THAT(remark(table, "root-missing"), HasSubstr("frame limit"));
        }
    }
}

// GDB shows the library's file where a core lacks the page: a root that looks
// as if nothing had happened yet.
TEST_F(ReaderStatus, FirstImageOfTheRootIsNotAnEmptyTable) {
    FakeMemory memory = builder_.build();
    abi::Root image{};
    std::copy(std::begin(abi::kRootMagic), std::end(abi::kRootMagic), image.magic);
    image.major = abi::kMajor;
    image.size = sizeof image;
    image.request = abi::make_request(0, abi::kDefaultFrameLimit, 0);
    memory.put(TableBuilder::kRoot, image);
    const Table table = read_back(memory);
    EXPECT_EQ(table.current_size, 60);
    EXPECT_NE(remark(table, "root-missing"), "");

    FakeMemory alone;  // a process before its first allocation: the same image, no table
    alone.put(TableBuilder::kRoot, image);
    EXPECT_FALSE(status(alone).tracing);
    EXPECT_EQ(status(alone).runtime_status, 0u);
    EXPECT_THAT(read_back(alone).traces, IsEmpty());
}

// "3 events lost: stamp_lost" tells nobody what is missing.
TEST_F(ReaderStatus, EveryLossOfTheRuntimeHasWords) {
#define LOSS(name, text)                                                          \
    {                                                                             \
        TableBuilder builder;                                                     \
        builder.allocate(builder.add_stack({0x555555554100}), 8);                 \
        builder.add_loss(#name, 3);                                               \
        FakeMemory memory = builder.build();                                      \
        EXPECT_EQ(remark(read_back(memory), "loss"), std::string("3 ") + (text)); \
    }
#include "abi/losses.def"
#undef LOSS
    TableBuilder builder;
    builder.allocate(builder.add_stack({0x555555554100}), 8);
    builder.add_loss("of_a_newer_runtime", 3);
    FakeMemory memory = builder.build();
    EXPECT_EQ(remark(read_back(memory), "loss"), "3 events lost: of_a_newer_runtime");
}

TEST_F(ReaderStatus, LostRootAndHeader) {
    FakeMemory memory = builder_.build();
    memory.unmap(TableBuilder::kRoot, sizeof(abi::Root));
    memory.unmap(TableBuilder::kHeader, sizeof(abi::Header));
    Error e = error(memory);
    EXPECT_EQ(e.code, Code::unreadable);
    EXPECT_THAT(e.text, HasSubstr("not dumped"));
    EXPECT_EQ(e.address, TableBuilder::kRoot);
    memory.zero_holes = true;
    EXPECT_EQ(error(memory).code, Code::unreadable);
}

TEST_F(ReaderStatus, AnotherProcessUnderTheSameAddresses) {
    FakeMemory memory = builder_.build();
    const Status s = status(memory);
    memory.change<abi::Root>(TableBuilder::kRoot, [](abi::Root& r) { r.cookie ^= 1; });
    const Result<Table> table = read_table(memory, s, {});
    ASSERT_FALSE(table);
    EXPECT_EQ(table.error().code, Code::damaged);
    memory.unmap(TableBuilder::kRoot, 4096);
    memory.unmap(TableBuilder::kHeader, abi::kHeaderMapping);
    EXPECT_EQ(read_table(memory, s, {}).error().code, Code::unreadable);
}

TEST_F(ReaderStatus, TableWithoutAStatusIsRefused) {
    FakeMemory memory = builder_.build();
    EXPECT_EQ(read_table(memory, Status{}, {}).error().code, Code::no_runtime);
}

// Nothing was recorded: that is not the same as nothing allocated.
TEST_F(ReaderStatus, NoMemoryForATable) {
    builder_.state.generation = 1;
    builder_.root.request = abi::make_request(abi::kRequestOn, 32, 2);
    builder_.root.unrecorded = abi::make_unrecorded(2, 1501);
    FakeMemory memory = builder_.build();
    const Status s = status(memory);
    EXPECT_TRUE(s.unmade);
    EXPECT_EQ(s.unrecorded, 1501u);
    const Result<Table> refused = read_table(memory, s, {});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Code::refused);
    EXPECT_THAT(refused.error().text, HasSubstr("so 1501 events were not recorded"));
    const Result<Table> known = read_table(memory, s, {.unmade = true});
    ASSERT_TRUE(known) << known.error().text;
    EXPECT_EQ(known->losses.back().name, "no_memory");
    EXPECT_EQ(known->losses.back().since_state, 1501u);
    EXPECT_THAT(remark(*known, "loss"), HasSubstr("1501 events not recorded"));
}

// Memory was there later: the state's base of losses does not hide what came before it.
TEST_F(ReaderStatus, NoMemoryForATableAtFirst) {
    builder_.add_loss("no_memory", 9, 7);
    builder_.root.unrecorded = abi::make_unrecorded(1, 7);
    FakeMemory memory = builder_.build();
    const Status s = status(memory);
    EXPECT_FALSE(s.unmade);
    const Result<Table> table = read_table(memory, s, {});
    ASSERT_TRUE(table) << table.error().text;
    EXPECT_EQ(table->losses.back().since_state, 9u);
    EXPECT_EQ(table->losses.back().total, 9u);
}

// Of another start.
TEST_F(ReaderStatus, NoMemoryForAnEarlierTable) {
    builder_.root.unrecorded = abi::make_unrecorded(9, 7);
    FakeMemory memory = builder_.build();
    const Status s = status(memory);
    EXPECT_EQ(s.unrecorded, 0u);
    EXPECT_FALSE(s.unmade);
}

}  // namespace
}  // namespace mt::core
