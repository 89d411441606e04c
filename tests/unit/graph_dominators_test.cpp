// SPDX-License-Identifier: MIT
//
// What a block retains, against taking it away and looking at what is still reached; and what
// the computation takes, against what it says.
#include <gtest/gtest.h>

#include <random>

#include "capi/reserve.h"
#include "graph/dominators.h"
#include "graph_program.h"

namespace mt::test {
namespace {

using graph::kByHeads;
using graph::kByRoots;
using graph::kNone;
using Targets = std::vector<std::vector<graph::Target>>;

std::size_t g_allocated = 0;
void* counting_allocate(std::size_t size) {
    g_allocated += size;
    return std::malloc(size);
}
const bool g_is_counting = (core::g_allocate = counting_allocate) != nullptr;

struct Retained {
    graph::Leaks leaks;
    graph::Dominators dominators;

    Retained(const graph::BlockIndex& index, const Targets& targets,
             const std::vector<Number>& held) {
        const graph::Edges edges = edges_of(targets);
        const std::vector<Root> roots(1);
        std::vector<graph::RootEdge> root_edges;
        for (const Number block : held) root_edges.push_back({8, 0, block});
        const auto reach = graph::reach(edges, roots, root_edges, {}, {}).value();
        leaks = graph::find_leaks(index, edges, reach, {}).value();
        dominators =
            graph::dominators(index, edges, graph::outermost(root_edges, reach), leaks, {}).value();
    }
};

TEST(GraphDominators, DiamondIsSharedByItsTop) {
    const Retained found(index_of(4), {{1, 2}, {3}, {3}, {0}}, {0});
    EXPECT_EQ(found.dominators.immediate, (std::vector<Number>{kByRoots, 0, 0, 0}));
    EXPECT_EQ(found.dominators.retained, (std::vector<std::uint32_t>{4, 1, 1, 1}));
    EXPECT_EQ(found.dominators.bytes, (std::vector<std::uint64_t>{32, 8, 8, 8}));
}

TEST(GraphDominators, RootOfItsOwnTakesABlockAway) {
    const Retained found(index_of(3), {{1}, {2}, {}}, {0, 2});
    EXPECT_EQ(found.dominators.immediate, (std::vector<Number>{kByRoots, 0, kByRoots}));
}

// 0 -> 1 is live; 2 -> 1 is not, and takes nothing away.
TEST(GraphDominators, LeaksDoNotChangeWhoHoldsLiveBlocks) {
    const Retained found(index_of(4), {{1}, {}, {1, 3}, {}}, {0});
    EXPECT_EQ(found.dominators.immediate, (std::vector<Number>{kByRoots, 0, kByHeads, 2}));
    EXPECT_EQ(found.dominators.retained, (std::vector<std::uint32_t>{2, 1, 2, 1}));
}

// Who gives other heads than those of leaks: one of them may hold another.
TEST(GraphDominators, HeadBelowAHeadIsTheRootsAllTheSame) {
    const auto tree = graph::semi_nca(edges_of({{1}, {2}, {}}), {}, std::vector<Number>{0, 1}, {});
    ASSERT_TRUE(tree);
    EXPECT_EQ(tree->second_root, 1u);
    EXPECT_EQ(tree->blocks, (std::vector<Number>{kNone, kNone, 0, 1, 2}));
    EXPECT_EQ(tree->immediate, (std::vector<std::uint32_t>{0, 1, 1, 1, 3}));
}

// Blocks that the first ones reach, without going through `removed`.
std::vector<bool> naive_reached(const Targets& targets, const std::vector<Number>& first,
                                const std::vector<bool>& closed, Number removed) {
    std::vector<bool> reached(targets.size());
    std::vector<Number> waiting;
    const auto take = [&](Number block) {
        if (block == removed || closed[block] || reached[block]) return;
        reached[block] = true;
        waiting.push_back(block);
    };
    for (const Number block : first) take(block);
    while (!waiting.empty()) {
        const Number block = waiting.back();
        waiting.pop_back();
        for (const Number target : targets[block]) take(target);
    }
    return reached;
}

// Of one of the two halves: the roots' or the heads'.
void expect_half(const graph::BlockIndex& index, const Targets& targets,
                 const std::vector<Number>& first, const std::vector<bool>& closed,
                 const graph::Dominators& found, Number none) {
    const auto all = naive_reached(targets, first, closed, kNone);
    std::vector<Number> immediate(targets.size(), none);
    std::vector<std::uint32_t> least(targets.size(), ~0u);
    for (Number block = 0; block < targets.size(); ++block) {
        if (!all[block]) continue;
        const auto rest = naive_reached(targets, first, closed, block);
        std::uint64_t bytes = 0;
        std::uint32_t count = 0;
        for (Number other = 0; other < targets.size(); ++other) {
            if (!all[other] || rest[other]) continue;
            bytes += index.blocks()[other].size;
            ++count;
        }
        ASSERT_EQ(found.bytes[block], bytes);
        ASSERT_EQ(found.retained[block], count);
        // Of those that retain a block the nearest retains least.
        for (Number other = 0; other < targets.size(); ++other) {
            if (!all[other] || rest[other] || other == block || count >= least[other]) continue;
            least[other] = count;
            immediate[other] = block;
        }
    }
    for (Number block = 0; block < targets.size(); ++block)
        ASSERT_TRUE(!all[block] || found.immediate[block] == immediate[block]) << block;
}

TEST(GraphDominators, AreWhatIsLostWithoutABlock) {
    std::mt19937_64 random(41);
    std::vector<Extent> blocks;
    for (Number i = 0; i < 50; ++i) blocks.push_back({Program::kHeap + i * 4096, random() % 4000});
    const auto whole = graph::BlockIndex::make(blocks).value();
    for (int runs = 0; runs < 10'000 && !testing::Test::HasFailure(); ++runs) {
        const std::size_t count = random() % 50 + 1;
        Targets targets(count);
        for (std::uint64_t i = random() % (2 * count + 1); i > 0; --i)
            targets[random() % count].push_back(static_cast<Number>(random() % count));
        std::vector<Number> held;
        for (std::uint64_t i = random() % 4; i > 0; --i)
            held.push_back(static_cast<Number>(random() % count));
        const Retained found(whole, targets, held);
        const std::vector<bool> open(count);
        expect_half(whole, targets, held, open, found.dominators, kByRoots);
        std::vector<Number> heads;
        for (const graph::Leak& leak : found.leaks.leaks) heads.push_back(leak.head);
        expect_half(whole, targets, heads, naive_reached(targets, held, open, kNone),
                    found.dominators, kByHeads);
        for (const std::uint32_t retained : found.dominators.retained) ASSERT_NE(retained, 0u);
    }
}

TEST(GraphDominators, TakeNoMoreThanTheySay) {
    constexpr Number kCount = 100'000;
    std::mt19937_64 random(43);
    Targets targets(kCount);
    for (Number i = 0; i < 3 * kCount; ++i)
        targets[random() % kCount].push_back(static_cast<Number>(random() % kCount));
    const graph::Edges edges = edges_of(targets);
    const graph::BlockIndex index = index_of(kCount);
    const std::vector<Number> held{0};
    const std::uint64_t stated = graph::memory_for_dominators(kCount, edges.targets.size());
    g_allocated = 0;
    ASSERT_TRUE(graph::dominators(index, edges, held, {}, {}));
    EXPECT_LE(g_allocated, stated);
    EXPECT_GT(g_allocated, stated / 2);
}

TEST(GraphDominators, EndsWhenItIsInterrupted) {
    const graph::Edges edges = edges_of({{1}, {0}});
    const std::vector<Number> held{0};
    for (unsigned at = 1; at < 4; ++at) {  // in each of the parts
        unsigned asked = 0;
        const auto stopped =
            graph::dominators(index_of(2), edges, held, {}, [&] { return ++asked == at; });
        ASSERT_FALSE(stopped);
        EXPECT_EQ(stopped.error().code, core::Code::interrupted);
    }
}

}  // namespace
}  // namespace mt::test
