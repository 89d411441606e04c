// SPDX-License-Identifier: MIT
//
// The scan of a whole program: the same edges as a walk over each word, for any number of
// threads; holes are said; it ends when it is asked to. How long anything takes is not looked at.
#include <gtest/gtest.h>

#include <atomic>
#include <random>

#include "graph/slots.h"
#include "graph_program.h"

namespace mt::test {
namespace {

using graph::scan;

graph::BlockIndex index_of_program(const Program& program) {
    return graph::BlockIndex::make(program.blocks).value();
}

// Blocks of all sizes, one over several pieces, with pointers in about each third word.
Program random_program(unsigned seed, unsigned count) {
    std::mt19937_64 random(seed);
    Program program;
    for (unsigned i = 0; i < count; ++i)
        program.add(i == count / 2 ? 3 * graph::kPiece + 24 : random() % 200);
    for (const Extent& block : program.blocks) {
        for (std::uint64_t at = 0; at + 8 <= block.size; at += 8) {
            const Extent& other = program.blocks[random() % count];
            if (random() % 3 == 0)
                program.put(block.address + at, other.address + random() % (other.size + 2));
        }
    }
    for (unsigned i = 0; i < 100; ++i)
        program.put_global(program.blocks[random() % count].address + random() % 2);
    return program;
}

// Each word of each block by itself.
std::vector<std::vector<graph::Target>> naive_targets(const Program& program,
                                                      const graph::BlockIndex& index) {
    std::vector<std::vector<graph::Target>> targets(program.blocks.size());
    for (Number i = 0; i < targets.size(); ++i) {
        const Extent& block = program.blocks[i];
        std::vector<std::uint64_t> words(block.size / 8);
        program.read()(block.address, words.data(), words.size() * 8).value();
        for (const std::uint64_t word : words) {
            const auto place = index.find(word);
            if (place.block == graph::kNone || place.block == i) continue;
            const bool cookie = place.offset == 8 && program.blocks[place.block].size == 8;
            const bool interior = place.offset != 0 && !cookie;
            targets[i].push_back(place.block | (interior ? graph::kInterior : 0));
        }
    }
    return targets;
}

// Whether one repeated pointer more or less is kept depends on where a piece ends.
std::vector<graph::Target> without_repeated(std::span<const graph::Target> targets) {
    std::vector<graph::Target> result(targets.begin(), targets.end());
    result.erase(std::unique(result.begin(), result.end()), result.end());
    return result;
}

TEST(GraphScan, FindsWhatIsInEachWord) {
    const Program program = random_program(11, 3'000);
    const auto index = index_of_program(program);
    const auto expected = naive_targets(program, index);
    for (const unsigned threads : {0u, 1u, 2u, 5u}) {
        graph::ScanOptions options;
        options.threads = threads;
        const auto found = scan(index, program.roots, program.read(), options, {}).value();
        for (Number i = 0; i < index.size(); ++i)
            ASSERT_EQ(without_repeated(found.edges.of(i)), without_repeated(expected[i])) << i;
        EXPECT_GT(found.root_edges.size(), 50u);
        EXPECT_EQ(found.coverage.bytes_unreadable, 0u);
    }
}

TEST(GraphScan, NoBlocksMakeNoEdges) {
    Program program;
    program.put_global(Program::kHeap);
    const auto found =
        scan(index_of_program(program), program.roots, program.read(), graph::ScanOptions{}, {})
            .value();
    EXPECT_EQ(found.edges.blocks(), 0u);
    EXPECT_TRUE(found.root_edges.empty());
    EXPECT_EQ(found.coverage.bytes_read, 4096u);
}

// Block, hole, block: the words before and behind the hole count, and the hole is said.
TEST(GraphScan, SaysWhatCannotBeRead) {
    Program program;
    constexpr std::uint64_t kPage = 4096;
    program.add_at(Program::kHeap, 3 * graph::kPiece);
    program.add_at(Program::kHeap + 4 * graph::kPiece, 64);
    program.add_at(Program::kHeap + 5 * graph::kPiece, 64);
    program.put(Program::kHeap + 8, program.blocks[1].address);
    program.put(Program::kHeap + kPage + 8, program.blocks[1].address + 8);
    program.put(Program::kHeap + 3 * kPage + 8, program.blocks[2].address);
    const auto index = index_of_program(program);
    graph::ScanOptions options;
    options.threads = 2;
    auto all = scan(index, program.roots, program.read(), options, {}).value();
    EXPECT_EQ(all.edges.targets.size(), 3u);
    program.add_hole(Program::kHeap + kPage, Program::kHeap + 3 * kPage);
    program.add_hole(Program::kHeap + graph::kPiece - kPage,
                     Program::kHeap + graph::kPiece + kPage + 100);
    program.add_hole(Program::kGlobals, Program::kGlobals + kPage);
    const auto holes = scan(index, program.roots, program.read(), options, {}).value();
    EXPECT_EQ(holes.edges.targets.size(), 2u);
    // A hole ends where the page does: nobody knows what is left of one that is cut.
    const std::vector<Extent> expected{{Program::kGlobals, kPage},
                                       {Program::kHeap + kPage, 2 * kPage},
                                       {Program::kHeap + graph::kPiece - kPage, 3 * kPage}};
    EXPECT_EQ(holes.coverage.unreadable, expected);
    EXPECT_EQ(holes.coverage.bytes_unreadable, 6 * kPage);
    EXPECT_EQ(holes.coverage.bytes_read, all.coverage.bytes_read - 6 * kPage);
}

// A read that stops within a word: the word is not made of two halves.
TEST(GraphScan, WordThatIsCutIsNone) {
    Program program;
    const std::uint64_t block = program.add(64);
    const std::uint64_t target = program.add(64);
    program.put(block, target);
    program.put(block + 8, target + 8);
    program.add_hole(block + 14, block + 4096);
    const auto found =
        scan(index_of_program(program), {}, program.read(), graph::ScanOptions{}, {}).value();
    EXPECT_EQ(found.edges.targets.size(), 1u);
    ASSERT_EQ(found.coverage.unreadable.size(), 1u);
    EXPECT_EQ(found.coverage.unreadable[0].address, block + 8);
}

struct GraphScanOf64MiB : testing::Test {
    graph::BlockIndex index =
        graph::BlockIndex::make({{Program::kHeap, std::uint64_t{64} << 20}}).value();
    std::atomic<unsigned> reads{0};
    graph::Read read = [this](std::uint64_t, void*, std::size_t size) {
        ++reads;
        return core::Result<std::size_t>(size);
    };
    graph::ScanOptions options;
};

TEST_F(GraphScanOf64MiB, AsksBeforeEachPiece) {
    unsigned unasked = 0, all = 0;
    read = [&](std::uint64_t, void*, std::size_t size) {
        EXPECT_EQ(++unasked, 1u);
        ++all;
        return core::Result<std::size_t>(size);
    };
    ASSERT_TRUE(scan(index, {}, read, options, [&] { return unasked = 0, false; }));
    EXPECT_EQ(all, 64u);
}

TEST_F(GraphScanOf64MiB, EndsWhenItIsInterrupted) {
    unsigned asked = 0;
    const auto stopped = scan(index, {}, read, options, [&] { return ++asked == 10; });
    ASSERT_FALSE(stopped);
    EXPECT_EQ(stopped.error().code, core::Code::interrupted);
    EXPECT_EQ(asked, 10u);
    EXPECT_LT(reads, 10u);
    options.threads = 3;
    const auto all_stopped = scan(index, {}, read, options, [] { return true; });
    ASSERT_FALSE(all_stopped);
    EXPECT_EQ(all_stopped.error().code, core::Code::interrupted);
}

TEST_F(GraphScanOf64MiB, FailsWithItsMemory) {
    read = [](std::uint64_t address, void*, std::size_t) -> core::Result<std::size_t> {
        return core::fail(core::Code::io, "the disk is gone", address);
    };
    for (options.threads = 1; options.threads < 4; ++options.threads) {
        const auto failed = scan(index, {}, read, options, {});
        ASSERT_FALSE(failed);
        EXPECT_EQ(failed.error().text, "the disk is gone");
    }
}

TEST_F(GraphScanOf64MiB, PassesOnThatThereIsNoMemory) {
    read = [](std::uint64_t, void*, std::size_t) -> core::Result<std::size_t> {
        throw std::bad_alloc();
    };
    for (options.threads = 1; options.threads < 4; ++options.threads)
        EXPECT_THROW((void)scan(index, {}, read, options, {}), std::bad_alloc);
}

TEST(GraphScan, RefusesWhatItHasNoRoomFor) {
    const Program program = random_program(5, 500);
    const auto index = index_of_program(program);
    graph::ScanOptions options;
    const auto found = scan(index, program.roots, program.read(), options, {}).value();
    options.most_edges = found.edges.targets.size();
    EXPECT_TRUE(scan(index, program.roots, program.read(), options, {}));
    --options.most_edges;
    const auto refused = scan(index, program.roots, program.read(), options, {});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, core::Code::refused);
    const std::uint64_t edges = found.edges.targets.size();
    EXPECT_EQ(graph::memory_for_scan(index.size(), edges), (index.size() + 1) * 8 + edges * 8);

    const auto large = graph::BlockIndex::make({{16, std::uint64_t{5} << 40}}).value();
    const auto too_large = scan(large, {}, program.read(), graph::ScanOptions{}, {});
    ASSERT_FALSE(too_large);
    EXPECT_EQ(too_large.error().code, core::Code::refused);
}

TEST(GraphScan, FindsSlotsAgain) {
    Program program;
    const std::uint64_t holder = program.add(2 * graph::kPiece);
    const std::uint64_t first = program.add(64), second = program.add(64);
    program.put(holder + 24, first + 8);
    program.put(holder + 40, second);
    program.put(holder + graph::kPiece + 16, first);
    const auto index = index_of_program(program);
    const graph::PointerRules rules;
    const auto all = graph::slots_of(index, 0, graph::kNone, program.read(), rules, {}).value();
    EXPECT_EQ(all.slots.size(), 3u);
    program.add_hole(holder + 8192, holder + 8192 + 4096);
    const auto some = graph::slots_of(index, 0, 1, program.read(), rules, {}).value();
    ASSERT_EQ(some.slots.size(), 2u);
    EXPECT_EQ(some.slots[0].offset, 24u);
    EXPECT_EQ(some.slots[0].target_offset, 8u);
    EXPECT_TRUE(graph::is_interior(some.slots[0].target));
    EXPECT_EQ(some.slots[1].offset, graph::kPiece + 16);
    EXPECT_EQ(some.unreadable, (std::vector<Extent>{{holder + 8192, 4096}}));
}

}  // namespace
}  // namespace mt::test
