// SPDX-License-Identifier: MIT
//
// A sound table is read as it was written: figures, frames, names, threads,
// losses; with the rows' sizes that its header states, and in bulk.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/read_back.h"

namespace mt::core {
namespace {

using test::FakeMemory;
using test::find_trace;
using test::read_back;
using test::remark;
using test::Strides;
using test::TableBuilder;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(Reader, EmptyTable) {
    TableBuilder builder;
    FakeMemory memory = builder.build();
    const Table table = read_back(memory);
    EXPECT_TRUE(table.status.tracing);
    EXPECT_FALSE(table.status.fresh);
    EXPECT_TRUE(table.has_blocks);
    EXPECT_THAT(table.traces, IsEmpty());
    EXPECT_THAT(table.blocks, IsEmpty());
    EXPECT_THAT(table.remarks, IsEmpty());
    EXPECT_EQ(table.current_size, 0);
    EXPECT_EQ(table.own_bytes, (1u << 20) + (1u << 16));
    ASSERT_EQ(table.modules.size(), 2u);
    EXPECT_EQ(table.modules[0].path, "");
}

TEST(Reader, FiguresFramesAndNames) {
    TableBuilder builder;
    const std::uint32_t a = builder.add_stack({0x555555554100, 0x555555554200});
    const std::uint32_t b =
        builder.add_stack({0x555555554300, 0x555555554200}, 1, abi::kRootCut, 7);
    const auto first = builder.allocate(a, 100);
    const auto second = builder.allocate(b, 50);
    const auto third = builder.allocate(a, 8);
    builder.release(second);
    FakeMemory memory = builder.build();
    const Table table = read_back(memory);
    ASSERT_EQ(table.traces.size(), 2u);
    const Trace& trace = table.traces[0];
    EXPECT_EQ(trace.id, a);
    EXPECT_EQ(trace.end, End::complete);
    EXPECT_EQ(trace.size, 108);
    EXPECT_EQ(trace.count, 2);
    EXPECT_EQ(trace.alloc_bytes, 108u);
    EXPECT_EQ(trace.peak_size, 108);
    const Trace& gone = table.traces[1];
    EXPECT_EQ(gone.domain, 7u);
    EXPECT_EQ(gone.end, End::cut);
    EXPECT_EQ(gone.size, 0);
    EXPECT_EQ(gone.alloc_bytes, 50u);
    EXPECT_EQ(gone.free_count, 1u);
    EXPECT_EQ(gone.peak_size, 50);
    EXPECT_EQ(gone.peak_count, 1);
    EXPECT_EQ(table.current_size, 108);
    EXPECT_EQ(table.current_count, 2);
    EXPECT_EQ(table.peak_size, 158);
    EXPECT_EQ(table.peak_count, 3);
    const std::vector<Pc> frames = table.frames(trace.node);
    ASSERT_EQ(frames.size(), 2u);
    EXPECT_EQ(frames[0].address, 0x555555554100u);
    EXPECT_EQ(frames[1].address, 0x555555554200u);
    EXPECT_EQ(table.modules[frames[0].module].path, "/usr/bin/program");
    EXPECT_EQ(table.modules[1].build_id, "12ab");
    EXPECT_EQ(table.modules[1].bias, TableBuilder::kModuleStart);
    ASSERT_EQ(table.blocks.size(), 2u);
    EXPECT_EQ(table.blocks[0].address, first);
    EXPECT_EQ(table.blocks[1].address, third);
    EXPECT_THAT(table.remarks, IsEmpty());
}

TEST(Reader, ShardsAddUp) {
    TableBuilder builder;
    const std::size_t other = builder.add_shard();
    builder.add_shard();  // of a thread without events
    const std::uint32_t id = builder.add_stack({0x555555554100});
    const auto block = builder.allocate(id, 4096);
    builder.allocate(id, 2048, other);
    builder.release(block, other);  // freed by another thread: its shard goes below zero
    FakeMemory memory = builder.build();
    const Table table = read_back(memory);
    ASSERT_EQ(table.traces.size(), 1u);
    EXPECT_EQ(table.traces[0].size, 2048);
    EXPECT_EQ(table.traces[0].count, 1);
    EXPECT_EQ(table.peak_size, 6144);
    EXPECT_EQ(table.traces[0].peak_size, 6144);
    EXPECT_EQ(table.peak_bound, 6u);
    EXPECT_THAT(remark(table, "peak-bound"), HasSubstr("6 B"));
}

TEST(Reader, ThreadsThatTookTurnsHaveAnExactPeak) {
    TableBuilder builder;
    builder.threads_took_turns = true;
    const std::uint32_t id = builder.add_stack({0x555555554100});
    builder.allocate(id, 4096);
    builder.allocate(id, 4096, builder.add_shard());
    FakeMemory memory = builder.build();
    const Table table = read_back(memory);
    EXPECT_EQ(table.peak_bound, 0u);
    EXPECT_THAT(table.remarks, IsEmpty());
}

TEST(Reader, OneBusyThreadAmongIdleOnesHasAnExactPeak) {
    TableBuilder builder;
    for (int i = 0; i < 8; ++i) builder.add_shard();
    const std::uint32_t id = builder.add_stack({0x555555554100});
    builder.release(builder.allocate(id, 8, 3), 3);
    FakeMemory memory = builder.build();
    const Table table = read_back(memory);
    EXPECT_EQ(table.current_size, 0);
    EXPECT_EQ(table.peak_size, 8);
    EXPECT_EQ(table.peak_count, 1);
    EXPECT_THAT(table.remarks, IsEmpty());
}

// The composition is that of the peak's first moment; coming back to the same
// sum with other blocks does not change it.
TEST(Reader, PeakReachedAgainKeepsItsComposition) {
    TableBuilder builder;
    const std::uint32_t a = builder.add_stack({0x555555554100});
    const std::uint32_t b = builder.add_stack({0x555555554200});
    builder.release(builder.allocate(a, 8));
    builder.allocate(b, 8);
    FakeMemory memory = builder.build();
    const Table table = read_back(memory);
    EXPECT_EQ(table.peak_size, 8);
    EXPECT_EQ(find_trace(table, a)->peak_size, 8);
    EXPECT_EQ(find_trace(table, b)->peak_size, 0);
}

TEST(Reader, PeakBelowCurrentIsNow) {
    TableBuilder builder;
    const std::uint32_t a = builder.add_stack({0x555555554100});
    const std::uint32_t b = builder.add_stack({0x555555554200});
    const auto block = builder.allocate(a, 100);
    builder.release(block);
    builder.allocate(b, 500);
    builder.state.peak_bytes = 100;  // not settled yet
    builder.state.peak_epoch = 2;
    FakeMemory memory = builder.build();
    const Table table = read_back(memory);
    EXPECT_EQ(table.peak_size, 500);
    EXPECT_EQ(table.peak_count, 1);
    EXPECT_EQ(find_trace(table, a)->peak_size, 0);
    EXPECT_EQ(find_trace(table, b)->peak_size, 500);
}

TEST(Reader, TotalsAloneAreTheSame) {
    TableBuilder builder;
    const std::size_t other = builder.add_shard();
    const std::uint32_t id = builder.add_stack({0x555555554100});
    const auto block = builder.allocate(id, 100);
    builder.allocate(id, 60, other);
    builder.release(block);
    FakeMemory memory = builder.build();
    const Result<Status> status = read_status(memory, TableBuilder::kRoot);
    ASSERT_TRUE(status);
    const std::uint64_t before = memory.bytes_read;
    const Result<Table> table = read_table(memory, *status, {.counters = false});
    ASSERT_TRUE(table) << table.error().text;
    EXPECT_EQ(table->current_size, 60);
    EXPECT_EQ(table->current_count, 1);
    EXPECT_EQ(table->peak_size, 160);
    EXPECT_THAT(table->traces, IsEmpty());
    EXPECT_LT(memory.bytes_read - before, 64u * 1024);
}

TEST(Reader, Threads) {
    TableBuilder builder;
    builder.add_thread("", 0).serial = 0;  // row 0 before any thread has ended
    builder.add_thread("main", 4242).alloc_bytes = 70;
    abi::Thread& old = builder.add_thread("worker-with-a-long-name", 4243);
    old.alloc_count = 5;
    old.generation = 99;  // counted for a state that is gone
    FakeMemory memory = builder.build();
    const Table table = read_back(memory);
    ASSERT_EQ(table.threads.size(), 2u);
    EXPECT_EQ(table.threads[0].name, "main");
    EXPECT_EQ(table.threads[0].tid, 4242u);
    EXPECT_EQ(table.threads[0].alloc_bytes, 70u);
    EXPECT_EQ(table.threads[1].name, "worker-with-a-lo");
    EXPECT_EQ(table.threads[1].alloc_count, 0u);
    EXPECT_THAT(table.remarks, IsEmpty());
}

// While a thread runs its totals are those of its shard, less what another one
// had counted there before.
TEST(Reader, TotalsOfARunningThread) {
    TableBuilder builder;
    const std::uint32_t id = builder.add_stack({0x555555554100});
    builder.allocate(id, 100);
    builder.allocate(id, 30);
    abi::Thread& row = builder.add_thread("second", 4243);
    row.shard = builder.shard_address(0);
    row.first_alloc_bytes = 100;
    row.first_alloc_count = 1;
    FakeMemory memory = builder.build();
    const Table table = read_back(memory);
    ASSERT_EQ(table.threads.size(), 1u);
    EXPECT_EQ(table.threads[0].alloc_bytes, 30u);
    EXPECT_EQ(table.threads[0].alloc_count, 1u);
    EXPECT_THAT(table.remarks, IsEmpty());

    memory.put(builder.thread_address(0) + offsetof(abi::Thread, shard), std::uint64_t{0x1230});
    EXPECT_NE(remark(read_back(memory), "incomplete"), "") << "no such shard";
}

TEST(Reader, LossesAndLateStart) {
    TableBuilder builder;
    builder.add_loss("depot_full", 5, 2);
    builder.add_loss("no_memory", 4, 4);
    builder.add_loss("from\x1b[2Jthe future", 9);
    builder.shard(0).untracked_frees = 17;
    FakeMemory memory = builder.build();
    const Table table = read_back(memory);
    ASSERT_EQ(table.losses.size(), 3u);
    EXPECT_EQ(table.losses[0].since_state, 3u);
    EXPECT_EQ(table.losses[0].total, 5u);
    EXPECT_EQ(table.losses[1].since_state, 0u);
    EXPECT_EQ(table.losses[2].name, "from?[2Jthe future");
    EXPECT_EQ(remark(table, "loss"), "3 allocations without their traceback: the depot is full");
    EXPECT_EQ(remark(table, "late-start"), "17 frees of blocks from before the start");
    EXPECT_EQ(table.untracked_frees, 17u);
    EXPECT_EQ(table.remarks.size(), 3u);
}

TEST(Reader, NewerMinorWithLongerRows) {
    Strides longer;
    longer.node += 8;
    longer.stack += 8;
    longer.module += 32;
    longer.thread += 64;
    longer.record += 32;
    longer.tracked += 16;
    longer.shard += 128;
    longer.region += 4096;
    longer.context += 256;
    TableBuilder builder(longer);
    builder.root.minor = builder.header.minor = abi::kMinor + 3;
    builder.root.size += 64;
    builder.header.root_size += 64;
    builder.add_context();
    builder.add_context();
    builder.header.state_size += 64;
    builder.add_thread("main", 1);
    std::vector<std::uint32_t> ids;
    for (std::uint64_t i = 0; i < 200; ++i) ids.push_back(builder.add_stack({0x555555554000 + i}));
    for (const std::uint32_t id : ids) builder.allocate(id, id);
    builder.allocate_at(0x7f0000000010, ids[0], 3ull << 30);
    builder.add_tracked(abi::kDomainLarge, 0x7f0000000010, 3ull << 30, ids[0]);
    FakeMemory memory = builder.build();
    const Table table = read_back(memory);
    ASSERT_EQ(table.traces.size(), ids.size());
    EXPECT_EQ(table.traces[150].size, ids[150]);
    EXPECT_EQ(table.frames(table.traces[150].node).at(0).address, 0x555555554000u + 150);
    EXPECT_EQ(table.threads.at(0).name, "main");
    EXPECT_EQ(table.modules.at(1).path, "/usr/bin/program");
    EXPECT_EQ(table.blocks.back().size, 3ull << 30);
    EXPECT_EQ(table.status.minor, abi::kMinor + 3);
    EXPECT_THAT(table.remarks, IsEmpty());
}

TEST(Reader, ManyChunksOfEverything) {
    TableBuilder builder;
    for (int i = 0; i < 600; ++i) {
        builder.add_module("/lib/" + std::to_string(i), 0x7f0000000000 + 0x1000u * unsigned(i),
                           0x7f0000001000 + 0x1000u * unsigned(i));
    }
    for (int i = 0; i < 300; ++i) builder.add_thread("t" + std::to_string(i), unsigned(i + 1));
    std::vector<std::uint32_t> ids;
    for (std::uint64_t i = 0; i < 140'000; ++i) {
        ids.push_back(builder.add_stack({0x400000 + i, 0x300000 + i % 7}, 500));
    }
    for (std::size_t i = 0; i < ids.size(); i += 1000) builder.allocate(ids[i], i + 1);
    FakeMemory memory = builder.build();
    const Table table = read_back(memory);
    EXPECT_EQ(table.modules.size(), 602u);
    EXPECT_EQ(table.modules[500].path, "/lib/498");
    EXPECT_EQ(table.threads.size(), 300u);
    ASSERT_EQ(table.traces.size(), 140u);
    const Trace& last = table.traces.back();
    EXPECT_EQ(last.id, ids[139'000]);
    EXPECT_EQ(last.size, 139'001);
    EXPECT_EQ(table.frames(last.node).at(1).address, 0x300000u + 139'000 % 7);
    EXPECT_EQ(table.frames(last.node).at(0).module, 500);
}

TEST(Reader, ReadsInBulk) {
    TableBuilder builder;
    std::vector<std::uint32_t> ids;
    for (std::uint64_t i = 0; i < 10'000; ++i) ids.push_back(builder.add_stack({0x400000 + i}));
    for (const std::uint32_t id : ids) builder.allocate(id, 64);
    FakeMemory memory = builder.build();
    const Table table = read_back(memory, false);
    EXPECT_EQ(table.traces.size(), ids.size());
    EXPECT_LT(memory.reads, 30u);
}

TEST(Reader, ShortReadsAreReadOn) {
    TableBuilder builder;
    const std::uint32_t id = builder.add_stack({0x555555554100});
    builder.allocate(id, 77);
    FakeMemory memory = builder.build();
    memory.longest_read = 1000;
    const Table table = read_back(memory);
    EXPECT_EQ(table.current_size, 77);
    EXPECT_EQ(table.blocks.size(), 1u);
    EXPECT_THAT(table.remarks, IsEmpty());
}

TEST(Reader, InterruptedAnywhereIsOneError) {
    TableBuilder builder;
    const std::uint32_t id = builder.add_stack({0x555555554100});
    for (int i = 0; i < 100; ++i) builder.allocate(id, 77);
    builder.add_context();
    builder.add_thread("main", 1);
    FakeMemory memory = builder.build();
    read_back(memory);
    const std::uint64_t all = memory.reads;
    ASSERT_GT(all, 10u);
    for (std::uint64_t after = 0; after < all; ++after) {
        memory.reads = 0;
        memory.interrupt_after = after;
        const Result<Table> table = test::try_read(memory);
        ASSERT_FALSE(table) << after;
        EXPECT_EQ(table.error().code, Code::interrupted) << after;
        EXPECT_LE(memory.reads, after + 1);
    }
}

TEST(Reader, SlowSourceObeysAtOnce) {
    TableBuilder builder;
    for (std::uint64_t i = 0; i < 300; ++i) {
        builder.allocate_at(0x7f0000000000 + (i << abi::kRegionBits),
                            builder.add_stack({0x555555554100}), 8);
    }
    FakeMemory memory = builder.build();
    memory.interrupt_after = 100;
    EXPECT_EQ(test::try_read(memory).error().code, Code::interrupted);
    EXPECT_LE(memory.reads, 101u);
}

}  // namespace
}  // namespace mt::core
