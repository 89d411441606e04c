// SPDX-License-Identifier: MIT
//
// Events of signal handlers that wait in a ring, several events at once, and
// journals that say what cannot be.
#include "reader_inflight.h"

namespace mt::core {
namespace {

TEST_F(InFlight, DrainOfAHandlersEvents) {
    abi::Context& context = builder_.add_context();
    builder_.record(abi::kStackNested);
    builder_.add_block(kBlock, 70, abi::kStackNested);
    TableBuilder::add_ring(context, abi::Op::allocate, abi::kStackNested, 70);
    use_context(1);
    build();
    const Figures before = figures();
    EXPECT_EQ(before.size, 100);
    name(abi::kStackNested, 70, 0, 0);
    store(flight_ + offsetof(abi::Inflight, ring_position), 0);
    begin<abi::Op::drain>(0);
    finish();
    steps_.pop_back();  // the end of the event comes after the ring's
    ring(offsetof(abi::Context, ring), 0);
    ring(offsetof(abi::Context, ring_tail), 1);
    journal().end();
    for (auto& step : steps_) {
        step();
        const Figures now = figures();
        EXPECT_EQ(now.size, 100);
        EXPECT_EQ(now.count, 3);
        EXPECT_EQ(now.blocks, before.blocks);
        EXPECT_EQ(now.peak, 320);
    }
}

TEST_F(InFlight, RingEntriesCountOnTopOfTheSums) {
    abi::Context& context = builder_.add_context();
    context.ring_head = context.ring_tail = 63;  // it wraps around
    builder_.add_block(kBlock, 7, abi::kStackNested);
    const auto freed = builder_.allocate(a_, 1000);
    TableBuilder::add_ring(context, abi::Op::allocate, abi::kStackNested, 7);
    TableBuilder::add_ring(context, abi::Op::free, a_, 1000);
    TableBuilder::add_ring(context, abi::Op::allocate, a_, 5, 2);  // of a cleared state: void
    context.ring_head += 1;                                        // taken, not written yet
    build();
    memory_.put(builder_.word_address(freed), std::uint64_t{0});
    const Table table = read_back(memory_);
    EXPECT_EQ(table.current_size, 37);
    EXPECT_EQ(table.current_count, 3);
    EXPECT_EQ(table.blocks.size(), 3u);
    EXPECT_EQ(find_trace(table, abi::kStackNested)->size, 7);
    EXPECT_EQ(find_trace(table, a_)->free_bytes, 1300u);
    EXPECT_EQ(table.peak_size, 1030);
    EXPECT_EQ(remark(table, "blocks-differ"), "");
}

TEST_F(InFlight, RingThatPassesThePeakIsThePeak) {
    abi::Context& context = builder_.add_context();
    builder_.add_block(kBlock, 5000, abi::kStackNested);
    TableBuilder::add_ring(context, abi::Op::allocate, abi::kStackNested, 5000);
    build();
    const Table table = read_back(memory_);
    EXPECT_EQ(table.peak_size, 5030);
    EXPECT_EQ(table.peak_count, 3);
    EXPECT_EQ(find_trace(table, abi::kStackNested)->peak_size, 5000);
}

TEST_F(InFlight, TotalsAloneSeeTheSameEvent) {
    build();
    const std::uint64_t record = builder_.record_address(a_);
    const auto before = memory_.get<abi::Record>(record);
    memory_.change<abi::Inflight>(flight_, [&](abi::Inflight& f) {
        f.op = static_cast<std::uint64_t>(abi::Op::allocate);
        f.size = 40;
        f.alloc_record = record;
        f.before_alloc_bytes = before.alloc_bytes;
        f.before_alloc_count = before.alloc_count;
    });
    memory_.change<abi::Record>(record, [](abi::Record& r) { r.alloc_bytes += 40; });
    const Result<Status> status = read_status(memory_, TableBuilder::kRoot);
    const Result<Table> table = read_table(memory_, *status, {.counters = false});
    ASSERT_TRUE(table);
    EXPECT_EQ(table->current_size, 30);
    EXPECT_EQ(table->in_flight, 1u);
}

// --- events that are not of this table ------------------------------------------

TEST_F(InFlight, EventsOfAnotherStateOrProcessAreVoid) {
    build();
    const std::uint64_t record = builder_.record_address(a_);
    memory_.change<abi::Inflight>(flight_, [&](abi::Inflight& f) {
        f.op = static_cast<std::uint64_t>(abi::Op::allocate);
        f.alloc_record = record;  // before_* are zero: taken back, all would be lost
    });
    memory_.change<abi::Context>(context_, [](abi::Context& c) { c.state = 0x7fff00000000; });
    Table table = read_back(memory_);
    EXPECT_EQ(table.current_size, 30);
    EXPECT_EQ(table.in_flight, 0u);
    memory_.change<abi::Context>(context_, [](abi::Context& c) {
        c.state = TableBuilder::kState;
        c.pid = 1;
    });
    table = read_back(memory_);
    EXPECT_EQ(table.current_size, 30);
    EXPECT_THAT(table.remarks, IsEmpty());
}

TEST_F(InFlight, SeveralThreadsAtOnce) {
    for (int i = 0; i < 3; ++i) {
        abi::Context& context = builder_.add_context(builder_.add_shard());
        context.inflight.op = static_cast<std::uint64_t>(abi::Op::free) | kCommitted;
    }
    build();
    const Table table = read_back(memory_);
    EXPECT_EQ(table.in_flight, 3u);
    EXPECT_EQ(remark(table, "in-flight"), "3 events in flight at this stop");
    EXPECT_EQ(table.current_size, 30);
}

// --- hostile ----------------------------------------------------------------------

TEST_F(InFlight, ARecordThatLiesNowhereIsRemarked) {
    build();
    memory_.change<abi::Inflight>(flight_, [](abi::Inflight& f) {
        f.op = static_cast<std::uint64_t>(abi::Op::allocate);
        f.alloc_record = 0x1234;
    });
    const Table table = read_back(memory_);
    EXPECT_EQ(table.current_size, 30);
    EXPECT_THAT(remark(table, "incomplete"), HasSubstr("0x1234"));
}

TEST_F(InFlight, ValuesFromTheFutureAreNotTakenBack) {
    build();
    const std::uint64_t record = builder_.record_address(a_);
    memory_.change<abi::Inflight>(flight_, [&](abi::Inflight& f) {
        f.op = static_cast<std::uint64_t>(abi::Op::allocate);
        f.alloc_record = record;
        f.before_alloc_bytes = 1ull << 60;
    });
    const Table table = read_back(memory_);
    EXPECT_EQ(table.current_size, 30);
    EXPECT_NE(remark(table, "incomplete"), "");
}

TEST_F(InFlight, UnknownOperationsAndImpossibleRingsAreRemarked) {
    build();
    memory_.change<abi::Context>(context_, [](abi::Context& c) {
        c.inflight.op = 77;
        c.ring_head = 1ull << 60;
    });
    const Table table = read_back(memory_);
    EXPECT_EQ(table.current_size, 30);
    EXPECT_NE(remark(table, "incomplete"), "");
}

}  // namespace
}  // namespace mt::core
