// SPDX-License-Identifier: MIT
//
// A table of a sampling state: rows are what the sample stands for, sums are
// exact, at every store of an event.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "abi/weight.h"
#include "support/journal_steps.h"
#include "support/read_back.h"
#include "support/whole_table.h"

namespace mt::core {
namespace {

using test::FakeMemory;
using test::find_trace;
using test::read_back;
using test::remark;
using test::TableBuilder;
using ::testing::HasSubstr;

constexpr std::uint64_t kMean = 1000;

// What `count` blocks of one size stand for, rounded as the reader does.
std::int64_t bytes_for(std::int64_t count, std::uint64_t size) {
    const auto weight = static_cast<std::int64_t>(abi::weight_of(size, kMean).bytes);
    return (count * weight + 128) / 256;
}
std::int64_t count_for(std::int64_t count, std::uint64_t size) {
    const auto weight = static_cast<std::int64_t>(abi::weight_of(size, kMean).count);
    return (count * weight + 32768) / 65536;
}

class Sampling : public ::testing::Test {
  protected:
    Sampling() {
        builder_.sample(kMean);
        a_ = builder_.add_stack({0x555555554100});
        b_ = builder_.add_stack({0x555555554200});
        for (int i = 0; i < 5; ++i) builder_.allocate(abi::kStackNotSampled, 40);
        const auto block = builder_.allocate(a_, 100);
        builder_.allocate(a_, 100);
        builder_.allocate(a_, 100);
        builder_.allocate(b_, 3000);
        builder_.release(block);
    }
    Table read() {
        memory_ = builder_.build();
        return read_back(memory_);
    }

    TableBuilder builder_;
    FakeMemory memory_;
    std::uint32_t a_ = 0, b_ = 0;
};

TEST_F(Sampling, RowsAreEstimatesAndSumsAreExact) {
    const Table table = read();
    EXPECT_EQ(table.status.sample_bytes, kMean);
    EXPECT_EQ(table.current_size, 200 + 200 + 3000);
    EXPECT_EQ(table.current_count, 8);
    EXPECT_EQ(table.peak_size, 200 + 300 + 3000);
    EXPECT_EQ(table.peak_count, 9);
    test::expect_whole(table);
    const Trace* a = find_trace(table, a_);
    ASSERT_NE(a, nullptr);
    EXPECT_EQ(a->size, bytes_for(2, 100));
    EXPECT_NEAR(static_cast<double>(a->size), 200 / 0.09516, 1);  // 1 - exp(-0.1)
    EXPECT_EQ(a->count, count_for(2, 100));
    EXPECT_EQ(a->samples, 2);
    EXPECT_EQ(a->peak_size, bytes_for(3, 100));
    EXPECT_EQ(a->peak_count, count_for(3, 100));
    EXPECT_EQ(a->peak_samples, 3);
    EXPECT_EQ(a->alloc_bytes, static_cast<std::uint64_t>(bytes_for(3, 100)));
    EXPECT_EQ(a->free_count, static_cast<std::uint64_t>(count_for(1, 100)));
    EXPECT_EQ(find_trace(table, b_)->size, bytes_for(1, 3000));
    EXPECT_EQ(remark(table, "incomplete"), "");
}

TEST_F(Sampling, WhatIsNotInTheSampleIsNoRow) {
    EXPECT_EQ(find_trace(read(), abi::kStackNotSampled), nullptr);
}

// Those of signal handlers are all recorded, so each stands for itself.
TEST_F(Sampling, NestedBlocksAreExact) {
    builder_.allocate(abi::kStackNested, 7);
    const Table table = read();
    const Trace* nested = find_trace(table, abi::kStackNested);
    ASSERT_NE(nested, nullptr);
    EXPECT_EQ(nested->size, 7);
    EXPECT_EQ(nested->count, 1);
    EXPECT_EQ(nested->samples, 0);
}

TEST_F(Sampling, WithoutATracebackItIsStillASample) {
    builder_.allocate(abi::kStackDepotFull, 100);
    const Table table = read();
    const Trace* full = find_trace(table, abi::kStackDepotFull);
    ASSERT_NE(full, nullptr);
    EXPECT_EQ(full->size, bytes_for(1, 100));
    EXPECT_EQ(full->samples, 1);
}

// One thread's shard goes below nothing; their sum does not.
TEST_F(Sampling, FreedByAnotherThread) {
    const std::size_t other = builder_.add_shard();
    const std::uint32_t c = builder_.add_stack({0x555555554300});
    builder_.release(builder_.allocate(c, 77), other);
    const Table table = read();
    const Trace* trace = find_trace(table, c);
    ASSERT_NE(trace, nullptr);
    EXPECT_EQ(trace->size, 0);
    EXPECT_EQ(trace->count, 0);
    EXPECT_EQ(trace->samples, 0);
    EXPECT_EQ(trace->alloc_bytes, static_cast<std::uint64_t>(bytes_for(1, 77)));
}

TEST_F(Sampling, AHandlersFreeTakesTheWeightAway) {
    abi::Context& context = builder_.add_context();
    TableBuilder::add_ring(context, abi::Op::free, a_, 100);
    memory_ = builder_.build();
    const Table table = read_back(memory_, false);
    EXPECT_EQ(table.current_size, 100 + 200 + 3000);
    EXPECT_EQ(find_trace(table, a_)->size, bytes_for(1, 100));
    EXPECT_EQ(find_trace(table, a_)->count, count_for(1, 100));
    EXPECT_EQ(find_trace(table, a_)->samples, 1);
}

TEST_F(Sampling, APeakThatIsNowHasTheEstimatesOfNow) {
    builder_.root.peak_reset_request = 1;
    const Table table = read();
    EXPECT_EQ(table.peak_size, 3400);
    EXPECT_EQ(find_trace(table, a_)->peak_size, bytes_for(2, 100));
    EXPECT_EQ(find_trace(table, a_)->peak_samples, 2);
}

// A core that was cut: whatever page is not there, no estimate is just too small.
TEST_F(Sampling, NoPageOfWeightsIsMissedInSilence) {
    memory_ = builder_.build();
    const std::int64_t expected = find_trace(read_back(memory_), a_)->size;
    const std::uint64_t at = builder_.weighted_address(a_) & ~std::uint64_t{4095};
    const std::uint64_t root = builder_.shard(0).weighted & ~std::uint64_t{4095};
    int missed = 0;
    for (const std::uint64_t page : memory_.pages()) {
        if (page < root || page > at) continue;
        for (const bool zero : {false, true}) {
            FakeMemory cut = memory_;
            cut.unmap(page, 1);
            cut.zero_holes = zero;
            const auto table = test::try_read(cut);
            if (!table) continue;
            const Trace* a = find_trace(*table, a_);
            const bool same = a != nullptr && a->size == expected;
            EXPECT_TRUE(same || !remark(*table, "incomplete").empty()) << std::hex << page;
            missed += same ? 0 : 1;
        }
    }
    EXPECT_GT(missed, 0);
}

TEST_F(Sampling, LostWeightsAreRemarked) {
    memory_ = builder_.build();
    memory_.change<abi::Shard>(builder_.shard_address(0), [](abi::Shard& s) { s.weighted = 0; });
    const Table table = read_back(memory_);
    EXPECT_EQ(table.current_size, 3400);
    EXPECT_THAT(remark(table, "incomplete"), HasSubstr("estimates"));
}

TEST_F(Sampling, TheStateKeepsItsMean) {
    memory_ = builder_.build();
    memory_.put(TableBuilder::kRoot + offsetof(abi::Root, sample_bytes), std::uint64_t{7});
    EXPECT_EQ(read_back(memory_).status.sample_bytes, kMean);
    // A start that no event has obeyed yet.
    memory_.put(TableBuilder::kRoot + offsetof(abi::Root, request),
                abi::make_request(abi::kRequestOn | abi::kRequestSampling, 32, 2));
    EXPECT_EQ(read_back(memory_).status.sample_bytes, 7u);
    memory_.put(TableBuilder::kRoot + offsetof(abi::Root, request),
                abi::make_request(abi::kRequestOn, 32, 2));
    EXPECT_EQ(read_back(memory_).status.sample_bytes, 0u);
}

// --- one event, store by store ---

struct Seen {
    std::int64_t current, size, count, peak, samples;
    std::uint64_t alloc_bytes, free_bytes;
    bool operator==(const Seen&) const = default;
};

class SampledEvent : public Sampling {
  protected:
    SampledEvent() {
        builder_.add_context();
        memory_ = builder_.build();
    }
    Seen seen() {
        const Table table = read_back(memory_, false);
        const Trace& a = *find_trace(table, a_);
        EXPECT_EQ(remark(table, "incomplete"), "");
        return {table.current_size, a.size,        a.count,     a.peak_size,
                a.samples,          a.alloc_bytes, a.free_bytes};
    }
    // The runtime's own journal, for an event of 100 bytes of a_.
    template <abi::Op kOp>
    void event() {
        constexpr bool kFrees = kOp == abi::Op::free;
        abi::Record& exact = on_.place(builder_.record(a_), builder_.record_address(a_));
        abi::Record& heavy = on_.place(builder_.weighted(a_), builder_.weighted_address(a_));
        abi::Shard& shard = on_.place(builder_.shard(0), builder_.shard_address(0));
        abi::Record* const gets = kFrees ? nullptr : &heavy;
        abi::Record* const gives = kFrees ? &heavy : nullptr;
        runtime::Change change;
        (kFrees ? change.out : change.in) = &exact;
        (kFrees ? change.out_size : change.in_size) = 100;
        const auto journal =
            on_.journal(on_.place(builder_.context(0), builder_.context_address(0)));
        journal.keep_peak(builder_.state.peak_epoch, heavy);
        journal.note_weighted(gets, gives);
        journal.keep_peak(builder_.state.peak_epoch, exact);
        journal.begin<kOp>(0, 0, change);
        journal.apply(change);
        journal.apply_weighted(gets, gives, kMean, change);
        journal.commit_event(shard, change);
        journal.end();
    }
    void walk() {
        const Seen before = seen();
        std::vector<Seen> all;
        for (auto& step : steps_) {
            step();
            all.push_back(seen());
        }
        const Seen after = all.back();
        EXPECT_FALSE(before == after);
        bool is_after = false;
        for (std::size_t i = 0; i < all.size(); ++i) {
            is_after = is_after || all[i] == after;
            EXPECT_TRUE(all[i] == (is_after ? after : before)) << "after store " << i;
        }
    }

    test::Steps steps_;
    test::JournalSteps on_{memory_, steps_};
};

TEST_F(SampledEvent, AllocationIsBeforeOrAfter) {
    event<abi::Op::allocate>();
    walk();
    EXPECT_EQ(seen().size, bytes_for(3, 100));
}

TEST_F(SampledEvent, FreeIsBeforeOrAfter) {
    event<abi::Op::free>();
    walk();
    EXPECT_EQ(seen().size, bytes_for(1, 100));
}

// Without sampling these words are what an earlier state left.
TEST_F(Sampling, OldWeightsOfAThreadAreVoid) {
    TableBuilder plain;
    const std::uint32_t a = plain.add_stack({0x555555554100});
    plain.allocate(a, 100);
    abi::Context& context = plain.add_context();
    context.inflight.op = static_cast<abi::u64>(abi::Op::allocate);
    context.weighted.alloc_record = plain.record_address(a);
    FakeMemory memory = plain.build();
    const Table table = read_back(memory, false);
    EXPECT_EQ(table.current_size, 100);
    EXPECT_EQ(remark(table, "incomplete"), "");
}

}  // namespace
}  // namespace mt::core
