// SPDX-License-Identifier: MIT
//
// Events under way: after each store that the runtime makes for one, in its
// order, every figure is that of before or of after (contract 13), the figures
// agree with each other, and the remark appears only while an event is open.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "support/read_back.h"

namespace mt::core {
namespace {

using test::FakeMemory;
using test::find_trace;
using test::read_back;
using test::remark;
using test::TableBuilder;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::uint64_t kCommitted = abi::kCommitted;
constexpr std::uint64_t kBlock = 0x7f0000000010;
constexpr std::uint64_t kElsewhere = 0x7f0000003020;

// Everything that a report may show.
struct Figures {
    std::int64_t size = 0, count = 0, peak = 0, peak_count = 0;
    std::int64_t a = 0, b = 0, peak_a = 0, peak_b = 0;
    std::vector<std::tuple<std::uint64_t, std::uint64_t, std::uint32_t>> blocks;

    bool operator==(const Figures&) const = default;
};

class InFlight : public ::testing::Test {
  protected:
    InFlight() {
        a_ = builder_.add_stack({0x555555554100});
        b_ = builder_.add_stack({0x555555554200});
        builder_.allocate(b_, 20);  // untouched since the peak: its record has kept nothing yet
        builder_.release(builder_.allocate(a_, 300));
        builder_.allocate(a_, 10);
        builder_.add_region(kBlock);
        builder_.add_context();
        context_ = builder_.context_address(0);
        flight_ = context_ + offsetof(abi::Context, inflight);
    }

    Figures figures() {
        const Table table = read_back(memory_);
        Figures f;
        f.size = table.current_size;
        f.count = table.current_count;
        f.peak = table.peak_size;
        f.peak_count = table.peak_count;
        if (const Trace* trace = find_trace(table, a_)) {
            f.a = trace->size;
            f.peak_a = trace->peak_size;
        }
        if (const Trace* trace = find_trace(table, b_)) {
            f.b = trace->size;
            f.peak_b = trace->peak_size;
        }
        std::int64_t blocks_size = 0;
        for (const Block& block : table.blocks) {
            f.blocks.emplace_back(block.address, block.size, block.stack);
            blocks_size += static_cast<std::int64_t>(block.size);
        }
        EXPECT_EQ(blocks_size, table.current_size);
        EXPECT_EQ(f.blocks.size(), static_cast<std::size_t>(table.current_count));
        EXPECT_EQ(f.peak_a + f.peak_b, table.peak_size);
        EXPECT_EQ(remark(table, "incomplete"), "");
        EXPECT_EQ(remark(table, "blocks-differ"), "");
        const bool open = memory_.get<std::uint64_t>(flight_) != 0;
        EXPECT_EQ(remark(table, "in-flight") != "", open);
        EXPECT_EQ(table.in_flight, open ? 1u : 0u);
        return f;
    }

    // --- the runtime's stores, one step each ---
    void store(std::uint64_t address, std::uint64_t value) {
        steps_.push_back([=, this] { memory_.put(address, value); });
    }
    void add(std::uint64_t address, std::uint64_t value) {
        steps_.push_back(
            [=, this] { memory_.put(address, memory_.get<std::uint64_t>(address) + value); });
    }
    void flight(std::size_t field, std::uint64_t value) { store(flight_ + field, value); }

    void keep_peak(std::uint32_t id) {
        const std::uint64_t at = builder_.record_address(id);
        if (builder_.record(id).peak_epoch == builder_.state.peak_epoch) return;
        steps_.push_back([=, this] {
            const auto r = memory_.get<abi::Record>(at);
            memory_.put(at + offsetof(abi::Record, peak_bytes), r.alloc_bytes - r.free_bytes);
        });
        steps_.push_back([=, this] {
            const auto r = memory_.get<abi::Record>(at);
            memory_.put(at + offsetof(abi::Record, peak_count), r.alloc_count - r.free_count);
        });
        const std::uint64_t epoch = builder_.state.peak_epoch;
        store(at + offsetof(abi::Record, peak_epoch), epoch);
    }
    void note_before(std::uint32_t in, std::uint32_t out) {
        const auto in_record = in != 0 ? builder_.record(in) : abi::Record{};
        const auto out_record = out != 0 ? builder_.record(out) : abi::Record{};
        flight(offsetof(abi::Inflight, before_alloc_bytes), in_record.alloc_bytes);
        flight(offsetof(abi::Inflight, before_alloc_count), in_record.alloc_count);
        flight(offsetof(abi::Inflight, before_free_bytes), out_record.free_bytes);
        flight(offsetof(abi::Inflight, before_free_count), out_record.free_count);
        flight(offsetof(abi::Inflight, alloc_record), in != 0 ? builder_.record_address(in) : 0);
        flight(offsetof(abi::Inflight, free_record), out != 0 ? builder_.record_address(out) : 0);
    }
    void begin(abi::Op op, std::uint64_t address, std::uint64_t size, std::uint64_t old_word,
               std::uint64_t old_size, std::uint32_t in, std::uint32_t out) {
        op_ = static_cast<std::uint64_t>(op);
        flight(offsetof(abi::Inflight, address), address);
        flight(offsetof(abi::Inflight, size), size);
        flight(offsetof(abi::Inflight, new_address), 0);
        flight(offsetof(abi::Inflight, old_word), old_word);
        flight(offsetof(abi::Inflight, old_size), old_size);
        note_before(in, out);
        flight(offsetof(abi::Inflight, op), op_);
    }
    void apply(std::uint32_t in, std::uint64_t in_size, std::uint32_t out, std::uint64_t out_size) {
        if (out != 0) {
            add(builder_.record_address(out) + offsetof(abi::Record, free_bytes), out_size);
            add(builder_.record_address(out) + offsetof(abi::Record, free_count), 1);
        }
        if (in != 0) {
            add(builder_.record_address(in) + offsetof(abi::Record, alloc_bytes), in_size);
            add(builder_.record_address(in) + offsetof(abi::Record, alloc_count), 1);
        }
    }
    // Commit, totals, peak, end.
    void finish(std::int64_t bytes, std::int64_t count) {
        flight(offsetof(abi::Inflight, op), op_ | kCommitted);
        const std::uint64_t shard = builder_.shard_address(0);
        add(shard + offsetof(abi::Shard, net_bytes), static_cast<std::uint64_t>(bytes));
        add(shard + offsetof(abi::Shard, net_count), static_cast<std::uint64_t>(count));
        add(shard + offsetof(abi::Shard, events), 1);
        const std::int64_t after = before_net_ + bytes;
        if (after > builder_.state.peak_bytes) {
            store(TableBuilder::kState + offsetof(abi::State, peak_epoch),
                  builder_.state.peak_epoch + 1);
            store(TableBuilder::kState + offsetof(abi::State, peak_bytes),
                  static_cast<std::uint64_t>(after));
        }
        flight(offsetof(abi::Inflight, op), 0);
    }

    // Runs the steps; every reading equals the first or the last one.
    void walk() {
        const Figures before = figures();
        std::vector<Figures> seen;
        for (auto& step : steps_) {
            step();
            seen.push_back(figures());
        }
        const Figures after = seen.back();
        EXPECT_FALSE(before == after);
        bool is_after = false;
        for (std::size_t i = 0; i < seen.size(); ++i) {
            if (seen[i] == after) is_after = true;
            EXPECT_TRUE(seen[i] == (is_after ? after : before)) << "after store " << i;
        }
    }

    // The table as built, and its net bytes.
    void build() {
        memory_ = builder_.build();
        before_net_ = builder_.shard(0).net_bytes;
        line_ = builder_.region_address(kBlock) + offsetof(abi::Region, line);
    }
    // A free word for a block that is not there yet.
    std::uint64_t slot(std::uint64_t address) const {
        return line_ + (address >> 12) % abi::kPagesPerRegion * 64 + 56;
    }

    TableBuilder builder_;
    FakeMemory memory_;
    std::vector<std::function<void()>> steps_;
    std::uint32_t a_ = 0, b_ = 0;
    std::uint64_t context_ = 0, flight_ = 0, line_ = 0, op_ = 0;
    std::int64_t before_net_ = 0;
};

TEST_F(InFlight, AllocationBelowThePeak) {
    build();
    keep_peak(a_);
    begin(abi::Op::allocate, kBlock, 40, 0, 0, a_, 0);
    store(slot(kBlock), abi::make_word(kBlock, 40, a_));
    apply(a_, 40, 0, 0);
    finish(40, 1);
    walk();
}

TEST_F(InFlight, AllocationThatIsANewPeak) {
    build();
    keep_peak(a_);
    begin(abi::Op::allocate, kBlock, 4000, 0, 0, a_, 0);
    store(slot(kBlock), abi::make_word(kBlock, 4000, a_));
    apply(a_, 4000, 0, 0);
    finish(4000, 1);
    walk();
    EXPECT_EQ(figures().peak, 4030);
}

TEST_F(InFlight, AllocationOverABlockWhoseFreeWasNotSeen) {
    builder_.allocate_at(kBlock, b_, 33);
    build();
    const std::uint64_t word = builder_.word(kBlock);
    keep_peak(a_);
    keep_peak(b_);
    begin(abi::Op::allocate, kBlock, 40, word, 33, a_, b_);
    store(builder_.word_address(kBlock), abi::make_word(kBlock, 40, a_));
    apply(a_, 40, b_, 33);
    finish(7, 0);
    walk();
}

TEST_F(InFlight, Free) {
    builder_.allocate_at(kBlock, b_, 33);
    build();
    keep_peak(b_);
    begin(abi::Op::free, kBlock, 0, builder_.word(kBlock), 33, 0, b_);
    store(builder_.word_address(kBlock), 0);
    apply(0, 0, b_, 33);
    finish(-33, -1);
    walk();
}

TEST_F(InFlight, FreeOfALargeBlock) {
    const std::uint64_t size = 6ull << 30;
    builder_.allocate_at(kBlock, b_, size);
    builder_.add_tracked(abi::kDomainLarge, kBlock, size, b_);
    build();
    keep_peak(b_);
    begin(abi::Op::free, kBlock, 0, builder_.word(kBlock), size, 0, b_);
    store(builder_.word_address(kBlock), 0);
    const std::uint64_t slot = TableBuilder::kTracked + sizeof(abi::TrackedTable) +
                               sizeof(abi::Tracked) + offsetof(abi::Tracked, stack);
    steps_.push_back([=, this] { memory_.put(slot, abi::kTrackedTombstone); });
    apply(0, 0, b_, size);
    finish(-static_cast<std::int64_t>(size), -1);
    walk();
}

TEST_F(InFlight, MoveToAnotherPlace) {
    builder_.allocate_at(kBlock, b_, 33);
    build();
    begin(abi::Op::move, kBlock, 0, builder_.word(kBlock), 33, 0, 0);
    store(builder_.word_address(kBlock), 0);  // the real realloc runs
    keep_peak(a_);
    keep_peak(b_);
    flight(offsetof(abi::Inflight, size), 66);
    note_before(a_, b_);
    flight(offsetof(abi::Inflight, new_address), kElsewhere);
    store(slot(kElsewhere), abi::make_word(kElsewhere, 66, a_));
    apply(a_, 66, b_, 33);
    finish(33, 0);
    walk();
}

TEST_F(InFlight, MoveInPlaceWithTheSameTraceback) {
    builder_.allocate_at(kBlock, a_, 33);
    build();
    begin(abi::Op::move, kBlock, 0, builder_.word(kBlock), 33, 0, 0);
    store(builder_.word_address(kBlock), 0);
    keep_peak(a_);
    flight(offsetof(abi::Inflight, size), 400);
    note_before(a_, a_);
    flight(offsetof(abi::Inflight, new_address), kBlock);
    store(slot(kBlock), abi::make_word(kBlock, 400, a_));
    apply(a_, 400, a_, 33);
    finish(367, 0);
    walk();
}

// Between our erase and our insert another thread gets the old address.
TEST_F(InFlight, MoveWhoseOldAddressIsTakenByAnotherThread) {
    builder_.allocate_at(kBlock, b_, 33);
    build();
    const std::uint64_t word = builder_.word(kBlock);
    memory_.put(builder_.word_address(kBlock), abi::make_word(kBlock, 5, a_));
    memory_.change<abi::Record>(builder_.record_address(a_), [](abi::Record& r) {
        r.alloc_bytes += 5;
        r.alloc_count += 1;
    });
    memory_.change<abi::Inflight>(flight_, [&](abi::Inflight& f) {
        f.op = static_cast<std::uint64_t>(abi::Op::move);
        f.address = kBlock;
        f.old_word = word;
        f.old_size = 33;
    });
    const Figures f = figures();
    EXPECT_EQ(f.blocks.size(), 4u);  // both at the one address, as the counters say
}

// A word at the new address that the event has not put there stays.
TEST_F(InFlight, MoveOntoAStaleWord) {
    builder_.allocate_at(kBlock, b_, 33);
    builder_.allocate_at(kElsewhere, b_, 5);
    build();
    memory_.change<abi::Inflight>(flight_, [&](abi::Inflight& f) {
        f.op = static_cast<std::uint64_t>(abi::Op::move);
        f.address = kBlock;
        f.new_address = kElsewhere;
        f.size = 66;
        f.old_word = builder_.word(kBlock);
        f.old_size = 33;
    });
    EXPECT_EQ(figures().blocks.size(), 4u);
}

TEST_F(InFlight, DrainOfAHandlersEvents) {
    abi::Context& context = builder_.add_context();
    builder_.record(abi::kStackNested);
    builder_.add_block(kBlock, 70, abi::kStackNested);
    TableBuilder::add_ring(context, abi::Op::allocate, abi::kStackNested, 70);
    context_ = builder_.context_address(1);
    flight_ = context_ + offsetof(abi::Context, inflight);
    build();
    const Figures before = figures();
    EXPECT_EQ(before.size, 100);
    keep_peak(abi::kStackNested);
    flight(offsetof(abi::Inflight, ring_position), 0);
    begin(abi::Op::drain, 0, 70, 0, 0, abi::kStackNested, 0);
    apply(abi::kStackNested, 70, 0, 0);
    finish(70, 1);
    steps_.pop_back();  // the end of the event comes after the ring's
    store(context_ + offsetof(abi::Context, ring), 0);
    store(context_ + offsetof(abi::Context, ring_tail), 1);
    flight(offsetof(abi::Inflight, op), 0);
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
