// SPDX-License-Identifier: MIT
//
// A table and one event on it, store by store in the runtime's order; after each
// the figures must be those of before or of after.
#ifndef MEMTRACE_TESTS_READER_INFLIGHT_H
#define MEMTRACE_TESTS_READER_INFLIGHT_H

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

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

    // --- the runtime's stores, one step each ---
    void store(std::uint64_t address, std::uint64_t value) {
        steps_.push_back([=, this] { memory_.put(address, value); });
    }
    void add(std::uint64_t address, std::uint64_t value) {
        steps_.push_back(
            [=, this] { memory_.put(address, memory_.get<std::uint64_t>(address) + value); });
    }
    // Bytes and count, in neighbouring words: one store.
    void add_pair(std::uint64_t address, std::uint64_t bytes) {
        steps_.push_back([=, this] {
            memory_.put(address, memory_.get<std::uint64_t>(address) + bytes);
            memory_.put(address + 8, memory_.get<std::uint64_t>(address + 8) + 1);
        });
    }
    void flight(std::size_t field, std::uint64_t value) { store(flight_ + field, value); }

    void keep_peak(std::uint32_t id) {
        const std::uint64_t at = builder_.record_address(id);
        if (builder_.record(id).peak_epoch == builder_.state.peak_epoch) return;
        steps_.push_back([=, this] {
            const auto r = memory_.get<abi::Record>(at);
            memory_.put(at + offsetof(abi::Record, peak_bytes), r.alloc_bytes - r.free_bytes);
            memory_.put(at + offsetof(abi::Record, peak_count), r.alloc_count - r.free_count);
        });
        const std::uint64_t epoch = builder_.state.peak_epoch;
        store(at + offsetof(abi::Record, peak_epoch), epoch);
    }
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
            sums_.emplace_back(offsetof(abi::Shard, free_bytes), out_size);
            add_pair(builder_.record_address(out) + offsetof(abi::Record, free_bytes), out_size);
        }
        if (in != 0) {
            sums_.emplace_back(offsetof(abi::Shard, alloc_bytes), in_size);
            add_pair(builder_.record_address(in) + offsetof(abi::Record, alloc_bytes), in_size);
        }
    }
    // Commit, sums of the shard, end, peak.
    void finish(std::int64_t bytes) {
        flight(offsetof(abi::Inflight, op), op_ | kCommitted);
        const std::uint64_t shard = builder_.shard_address(0);
        for (const auto& [pair, size] : sums_) add_pair(shard + pair, size);
        flight(offsetof(abi::Inflight, op), 0);
        const std::int64_t after = before_net_ + bytes;
        if (after > builder_.state.peak_bytes) {
            store(TableBuilder::kState + offsetof(abi::State, peak_epoch),
                  builder_.state.peak_epoch + 1);
            store(TableBuilder::kState + offsetof(abi::State, peak_bytes),
                  static_cast<std::uint64_t>(after));
        }
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
        const abi::Shard& shard = builder_.shard(0);
        before_net_ = static_cast<std::int64_t>(shard.alloc_bytes - shard.free_bytes);
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
    std::vector<std::pair<std::size_t, std::uint64_t>> sums_;  // that finish() adds to the shard's
};

}  // namespace mt::core

#endif
