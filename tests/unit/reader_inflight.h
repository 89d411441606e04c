// SPDX-License-Identifier: MIT
//
// A table and one event on it, store by store as the runtime's own journal makes them, the
// words of blocks in between; after each the figures must be those of before or of after.
#ifndef MEMTRACE_TESTS_READER_INFLIGHT_H
#define MEMTRACE_TESTS_READER_INFLIGHT_H

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/journal_steps.h"
#include "support/lookups.h"
#include "support/read_back.h"

namespace mt::core {

using test::FakeMemory;
using test::find_trace;
using test::read_back;
using test::remark;
using test::TableBuilder;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

inline constexpr std::uint64_t kCommitted = abi::kCommitted;
inline constexpr std::uint64_t kBlock = 0x7f0000000010;
inline constexpr std::uint64_t kElsewhere = 0x7f0000003020;

// Everything that a report may show.
struct Figures {
    std::int64_t size = 0, count = 0, peak = 0, peak_count = 0;
    std::int64_t a = 0, b = 0, peak_a = 0, peak_b = 0;
    std::vector<std::tuple<std::uint64_t, std::uint64_t, std::uint32_t, std::uint32_t>> blocks;

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
        use_context(0);
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
            f.blocks.emplace_back(block.address, block.size, block.stack, table.domain_of(block));
            blocks_size += static_cast<std::int64_t>(block.size);
        }
        EXPECT_EQ(blocks_size, table.current_size);
        EXPECT_EQ(f.blocks.size(), static_cast<std::size_t>(table.current_count));
        std::int64_t peak_of_traces = 0;
        for (const Trace& trace : table.traces) peak_of_traces += trace.peak_size;
        EXPECT_EQ(peak_of_traces, table.peak_size);
        EXPECT_EQ(remark(table, "incomplete"), "");
        EXPECT_EQ(remark(table, "blocks-differ"), "");
        const bool open = memory_.get<std::uint64_t>(flight_) != 0;
        EXPECT_EQ(remark(table, "in-flight") != "", open);
        EXPECT_EQ(table.in_flight, open ? 1u : 0u);
        test::expect_lookups(memory_, table, 60);
        return f;
    }

    // --- the runtime's stores, one step each: the journal's come from the journal itself ---
    void store(std::uint64_t address, std::uint64_t value) {
        steps_.push_back([=, this] { memory_.put(address, value); });
    }
    void add(std::uint64_t address, std::uint64_t value) {
        steps_.push_back(
            [=, this] { memory_.put(address, memory_.get<std::uint64_t>(address) + value); });
    }
    // Of the thread that the next event is of.
    void use_context(std::size_t index) {
        thread_ = index;
        context_ = builder_.context_address(index);
        flight_ = context_ + offsetof(abi::Context, inflight);
    }
    void ring(std::size_t field, std::uint64_t value) { store(context_ + field, value); }

    // A field of a tracked entry: each is one store.
    void entry(std::uint64_t slot, std::size_t field, std::uint64_t value) {
        steps_.push_back([=, this] {
            if (field == offsetof(abi::Tracked, domain) || field == offsetof(abi::Tracked, stack)) {
                memory_.put(slot + field, static_cast<std::uint32_t>(value));
            } else {
                memory_.put(slot + field, value);
            }
        });
    }
    // Who gets and who gives a block; 0: nobody.
    void name(std::uint32_t in, std::uint64_t in_size, std::uint32_t out, std::uint64_t out_size) {
        change_ = {in != 0 ? &placed(in) : nullptr, in_size, out != 0 ? &placed(out) : nullptr,
                   out_size};
        for (abi::Record* record : {change_.in, change_.out}) {
            if (record != nullptr) journal().keep_peak(builder_.state.peak_epoch, *record);
        }
    }
    template <abi::Op kOp>
    void begin(std::uint64_t address, std::uint64_t old_word = 0) {
        journal().begin<kOp>(address, old_word, change_);
    }
    // Counters, commit, sums of the shard, end, peak.
    void finish() {
        abi::Shard& shard = steps_of_journal_.place(builder_.shard(0), builder_.shard_address(0));
        journal().apply(change_);
        journal().commit_event(shard, change_);
        journal().end();
        const auto after = static_cast<std::int64_t>(shard.alloc_bytes - shard.free_bytes);
        if (after > builder_.state.peak_bytes) {
            store(TableBuilder::kState + offsetof(abi::State, peak_epoch),
                  builder_.state.peak_epoch + 1);
            store(TableBuilder::kState + offsetof(abi::State, peak_bytes),
                  static_cast<std::uint64_t>(after));
        }
    }
    test::JournalSteps::Journal journal() {
        return steps_of_journal_.journal(
            steps_of_journal_.place(builder_.context(thread_), context_));
    }
    abi::Record& placed(std::uint32_t id) {
        return steps_of_journal_.place(builder_.record(id), builder_.record_address(id));
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

    void build() {
        memory_ = builder_.build();
        line_ = builder_.region_address(kBlock) + offsetof(abi::Region, line);
    }
    // A free word for a block that is not there yet.
    std::uint64_t slot(std::uint64_t address) const {
        return line_ + (address >> abi::kLineBits) % abi::kLinesPerRegion * 64 + 56;
    }

    TableBuilder builder_;
    FakeMemory memory_;
    test::Steps steps_;
    std::uint32_t a_ = 0, b_ = 0;
    std::size_t thread_ = 0;
    std::uint64_t context_ = 0, flight_ = 0, line_ = 0;
    runtime::Change change_;
    test::JournalSteps steps_of_journal_{memory_, steps_};
};

}  // namespace mt::core

#endif
