// SPDX-License-Identifier: MIT
//
// The index of blocks against a search in the sorted list: blocks at the edges of regions and
// units, two in one granule, few and many, large ones; and what it refuses.
#include <gtest/gtest.h>

#include <random>

#include "capi/reserve.h"
#include "graph/pointers.h"
#include "graph_program.h"

namespace mt::test {
namespace {

using graph::BlockIndex;

constexpr std::uint64_t kRegion = std::uint64_t{64} << 20, kUnit = kRegion << 11;

std::size_t g_allocated = 0;
void* counting_allocate(std::size_t size) {
    g_allocated += size;
    return std::malloc(size);
}
const bool g_is_counting = (core::g_allocate = counting_allocate) != nullptr;

// As the header has it, one block after another.
BlockIndex::Place searched(const std::vector<Extent>& blocks, std::uint64_t address) {
    auto next = std::upper_bound(
        blocks.begin(), blocks.end(), address,
        [](std::uint64_t limit, const Extent& block) { return limit < block.address; });
    if (next == blocks.begin()) return {};
    const Extent& block = *--next;
    const std::uint64_t offset = address - block.address;
    const bool in =
        offset < block.size || (offset == 0 && block.size == 0) || (offset == 8 && block.size == 8);
    if (!in) return {};
    return {static_cast<Number>(next - blocks.begin()), offset};
}

// From `at` on, of sizes up to `largest`, beginning where an allocator of 8 bytes could have them.
std::uint64_t add_blocks(std::vector<Extent>& blocks, std::uint64_t at, unsigned count,
                         std::uint64_t largest, std::mt19937_64& random) {
    for (unsigned i = 0; i < count; ++i) {
        const std::uint64_t size = random() % (largest + 1);
        blocks.push_back({at, size});
        at += (std::max<std::uint64_t>(size, 1) + 7) / 8 * 8 + random() % 3 * 8;
    }
    return at;
}

std::vector<Extent> awkward_blocks() {
    std::mt19937_64 random(3);
    std::vector<Extent> blocks{{8, 0}, {16, 8}, {24, 1}};
    const std::uint64_t base = 5 * kUnit;
    add_blocks(blocks, base - 3 * kRegion - 400'000, 20'000, 40, random);  // over an edge
    blocks.push_back({base - kRegion - 8, 2 * kRegion});                   // over two
    add_blocks(blocks, base + kRegion - 8, 5'000, 3'000, random);          // two in one granule
    add_blocks(blocks, base + 3 * kRegion, 500, 100'000, random);          // few: searched
    blocks.push_back({base + 5 * kRegion - 16, 16});                       // up to an edge
    blocks.push_back({base + 5 * kRegion, 1});
    const std::uint64_t end = add_blocks(blocks, 9 * kUnit - 300'000, 9'000, 100, random);
    blocks.push_back({end + 100, 2 * kUnit});  // whole units without a beginning
    return blocks;
}

// Near the edges of blocks, regions and units mostly; the rest anywhere.
std::uint64_t awkward_word(const std::vector<Extent>& blocks, std::mt19937_64& random) {
    const Extent& block = blocks[random() % blocks.size()];
    const std::uint64_t near = random() % 20 - 10;
    switch (random() % 6) {
        case 0:
            return block.address + near;
        case 1:
            return block.address + block.size + near;
        case 2:
            return block.address + (block.size == 0 ? 0 : random() % block.size);
        case 3:
            return block.address / kRegion * kRegion + kRegion + near;
        case 4:
            return random() % (13 * kUnit);
        default:
            return random();
    }
}

TEST(GraphIndex, FindsWhatASearchFinds) {
    const std::vector<Extent> blocks = awkward_blocks();
    const BlockIndex index = BlockIndex::make(blocks).value();
    const graph::PointerRules rules;
    const graph::PointerFinder finder(index, rules);
    std::mt19937_64 random(19);
    std::vector<std::uint64_t> words(1'000'000);
    for (std::uint64_t& word : words) word = awkward_word(blocks, random);
    std::vector<graph::Pointer> pointers;
    finder.find(words, pointers);
    std::size_t at = 0;
    for (std::size_t i = 0; i < words.size(); ++i) {
        const auto expected = searched(blocks, words[i]);
        const auto found = index.find(words[i]);
        ASSERT_EQ(found.block, expected.block) << words[i];
        if (expected.block == graph::kNone) continue;
        ASSERT_EQ(found.offset, expected.offset);
        ASSERT_LT(at, pointers.size());
        ASSERT_EQ(pointers[at].position, i);
        ASSERT_EQ(graph::block_of(pointers[at].target), expected.block);
        ASSERT_EQ(pointers[at++].offset, expected.offset);
    }
    EXPECT_EQ(at, pointers.size());
    EXPECT_GT(at, 300'000u);
}

TEST(GraphIndex, EmptyListHoldsNothing) {
    const BlockIndex index = BlockIndex::make({}).value();
    EXPECT_EQ(index.find(0).block, graph::kNone);
    EXPECT_EQ(index.find(~std::uint64_t{0}).block, graph::kNone);
    EXPECT_EQ(BlockIndex::memory_needed({}), 0u);
}

TEST(GraphIndex, SaysBeforehandWhatItTakes) {
    std::vector<Extent> blocks = awkward_blocks();
    const std::uint64_t stated = BlockIndex::memory_needed(blocks);
    EXPECT_GT(stated, 4u << 20);
    g_allocated = 0;
    const BlockIndex index = BlockIndex::make(std::move(blocks)).value();
    EXPECT_EQ(g_allocated, stated);
}

// As in a damaged table: the index may not be larger than the blocks deserve.
TEST(GraphIndex, BlocksStrewnOverAllMemoryTakeLittle) {
    std::vector<Extent> blocks;
    for (std::uint64_t i = 1; i < 100'000; ++i) blocks.push_back({i << 40, 8});
    EXPECT_LT(BlockIndex::memory_needed(blocks), 32u << 20);
    const BlockIndex index = BlockIndex::make(blocks).value();
    EXPECT_EQ(index.find((std::uint64_t{77'777} << 40) + 3).block, 77'776u);
}

TEST(GraphIndex, RefusesMoreThanItHasNumbersFor) {
    EXPECT_TRUE(BlockIndex::check_count(graph::kMostBlocks));
    const auto refused = BlockIndex::check_count(std::uint64_t{1} << 32);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, core::Code::refused);
    EXPECT_NE(refused.error().text.find("4294967296 blocks"), std::string::npos);
}

TEST(GraphIndex, RefusesAListThatIsDamaged) {
    for (const std::vector<Extent>& blocks : std::vector<std::vector<Extent>>{
             {{32, 8}, {16, 8}}, {{32, 8}, {32, 8}}, {{0, 8}}, {{64, ~std::uint64_t{0}}}}) {
        const auto index = BlockIndex::make(blocks);
        ASSERT_FALSE(index);
        EXPECT_EQ(index.error().code, core::Code::damaged);
    }
}

}  // namespace
}  // namespace mt::test
