// SPDX-License-Identifier: MIT
//
// Leaks and what is lost with them: cycles, tails, what two heads share, suppressed ones, a list
// of millions; and random graphs against who reaches whom.
#include <gtest/gtest.h>

#include <random>

#include "graph/dominators.h"
#include "graph_program.h"

namespace mt::test {
namespace {

using graph::kNone;
using graph::Leak;
using Targets = std::vector<std::vector<graph::Target>>;

// Of blocks of 8 bytes that nothing holds.
graph::Leaks leaks_of(const graph::Edges& edges) {
    const graph::Reach nothing = graph::reach(edges, {}, {}, {}, {}).value();
    return graph::find_leaks(index_of(edges.blocks()), edges, nothing, {}).value();
}

void expect_leak(const Leak& leak, Number head, std::uint32_t members, std::uint64_t blocks) {
    EXPECT_EQ(leak.head, head);
    EXPECT_EQ(leak.members, members);
    EXPECT_EQ(leak.blocks, blocks);
    EXPECT_EQ(leak.bytes, 8 * blocks);
}

TEST(GraphLeaks, TwoThatHoldEachOtherAreOne) {
    const auto leaks = leaks_of(edges_of({{1}, {0}}));
    ASSERT_EQ(leaks.leaks.size(), 1u);
    expect_leak(leaks.leaks[0], 0, 2, 2);
}

TEST(GraphLeaks, CycleDragsItsTail) {
    const auto leaks = leaks_of(edges_of({{}, {2}, {3, 4}, {1}, {0}}));  // 0 is the tail's end
    ASSERT_EQ(leaks.leaks.size(), 1u);
    expect_leak(leaks.leaks[0], 1, 3, 5);
    EXPECT_EQ(leaks.leak_of, std::vector<std::uint32_t>(5, 0));
}

TEST(GraphLeaks, CycleThatIsHeldHasNoHead) {
    const auto leaks = leaks_of(edges_of({{1}, {0}, {1}}));  // 2 -> the cycle
    ASSERT_EQ(leaks.leaks.size(), 1u);
    expect_leak(leaks.leaks[0], 2, 1, 3);
}

TEST(GraphLeaks, WhatTwoHeadsReachIsTheFirstOnes) {
    const auto leaks = leaks_of(edges_of({{}, {0, 2}, {}, {2, 4}, {}}));
    ASSERT_EQ(leaks.leaks.size(), 2u);
    expect_leak(leaks.leaks[0], 1, 1, 3);
    expect_leak(leaks.leaks[1], 3, 1, 2);
    EXPECT_EQ(leaks.leak_of, (std::vector<std::uint32_t>{0, 0, 0, 1, 1}));
}

// A leaked block's pointer to a live one drags nothing.
TEST(GraphLeaks, LiveBlocksAreNoneOfIt) {
    Program program;
    const std::uint64_t live = program.add(16), lost = program.add(16), under = program.add(100);
    program.put_global(live);
    program.put(lost, live);
    program.put(lost + 8, under);
    const Answers answers(program);
    ASSERT_EQ(answers.leaks.leaks.size(), 1u);
    EXPECT_EQ(answers.leaks.leaks[0].head, answers.number(lost));
    EXPECT_EQ(answers.leaks.leaks[0].bytes, 116u);
    EXPECT_EQ(answers.leaks.leak_of[answers.number(live)], kNone);
}

TEST(GraphLeaks, SuppressedOnesHideWhatTheyHold) {
    Program program;
    const std::uint64_t lost = program.add(16), under = program.add(16), other = program.add(16);
    program.put(lost, under);
    EXPECT_EQ(Answers(program).leaks.leaks.size(), 2u);
    const Answers answers(program, {}, {0, {0}});
    ASSERT_EQ(answers.leaks.leaks.size(), 1u);
    EXPECT_EQ(answers.leaks.leaks[0].head, answers.number(other));
    EXPECT_EQ(answers.held(lost), Held::by_suppressed);
    EXPECT_EQ(answers.held(under), Held::by_suppressed);
    EXPECT_EQ(graph::outermost({}, answers.reach), std::vector<Number>{0});
}

std::vector<std::vector<bool>> naive_closure(const Targets& targets) {
    const std::size_t count = targets.size();
    std::vector<std::vector<bool>> reaches(count, std::vector<bool>(count));
    for (Number from = 0; from < count; ++from) {
        std::vector<Number> waiting{from};
        reaches[from][from] = true;
        while (!waiting.empty()) {
            const Number block = waiting.back();
            waiting.pop_back();
            for (const Number target : targets[block]) {
                if (reaches[from][target]) continue;
                reaches[from][target] = true;
                waiting.push_back(target);
            }
        }
    }
    return reaches;
}

void expect_naive(const Targets& targets) {
    const auto reaches = naive_closure(targets);
    const Number count = static_cast<Number>(targets.size());
    std::vector<std::uint32_t> leak_of(count, kNone);
    const graph::Leaks leaks = leaks_of(edges_of(targets));
    std::uint32_t found = 0;
    for (Number block = 0; block < count; ++block) {
        // A head is reached by those alone that it reaches, and is the first of them.
        bool is_head = true;
        std::uint32_t members = 0, blocks = 0;
        for (Number other = 0; other < count; ++other) {
            if (reaches[other][block] && (!reaches[block][other] || other < block)) is_head = false;
            if (reaches[other][block] && reaches[block][other]) ++members;
        }
        if (!is_head) continue;
        for (Number other = 0; other < count; ++other) {
            if (!reaches[block][other] || leak_of[other] != kNone) continue;
            leak_of[other] = found;
            ++blocks;
        }
        ASSERT_LT(found, leaks.leaks.size());
        expect_leak(leaks.leaks[found++], block, members, blocks);
    }
    ASSERT_EQ(found, leaks.leaks.size());
    ASSERT_EQ(leaks.leak_of, leak_of);
}

TEST(GraphLeaks, AreThoseOfANaiveSearch) {
    std::mt19937_64 random(31);
    for (int runs = 0; runs < 3'000 && !testing::Test::HasFailure(); ++runs) {
        const std::size_t count = random() % 20 + 1;
        Targets targets(count);
        for (std::uint64_t i = random() % (2 * count); i > 0; --i)
            targets[random() % count].push_back(static_cast<Number>(random() % count));
        expect_naive(targets);
    }
}

// Whoever recurses needs a stack as deep as the list is long.
TEST(GraphLeaks, ListOfFiveMillion) {
    constexpr Number kCount = 5'000'000;
    graph::Edges edges;
    edges.offsets.resize(kCount + 1);
    for (Number i = 0; i <= kCount; ++i) edges.offsets[i] = i;
    edges.targets.resize(kCount);
    for (Number i = 0; i < kCount; ++i) edges.targets[i] = i + 1;
    edges.targets.back() = kCount - 1;
    const graph::BlockIndex index = index_of(kCount);
    const auto reach = graph::reach(edges, {}, {}, {}, {}).value();
    const auto leaks = graph::find_leaks(index, edges, reach, {}).value();
    ASSERT_EQ(leaks.leaks.size(), 1u);
    expect_leak(leaks.leaks[0], 0, 1, kCount);
    const auto dominators = graph::dominators(index, edges, {}, leaks, {}).value();
    EXPECT_EQ(dominators.retained[0], kCount);
    EXPECT_EQ(dominators.bytes[kCount / 2], 8u * (kCount - kCount / 2));
    // The same as one cycle, and held.
    edges.targets.back() = 0;
    EXPECT_EQ(graph::find_leaks(index, edges, reach, {}).value().leaks.at(0).members, kCount);
    const std::vector<Root> roots(1);
    const std::vector<graph::RootEdge> root_edges{{0, 0, 1}};
    const auto held = graph::reach(edges, roots, root_edges, {}, {}).value();
    EXPECT_EQ(graph::chain_to(held, 0).blocks.size(), kCount);
}

TEST(GraphLeaks, EndsWhenItIsInterrupted) {
    const graph::Edges edges = edges_of(Targets(10));
    const auto reach = graph::reach(edges, {}, {}, {}, {}).value();
    unsigned asked = 0;
    for (const unsigned at : {1u, 2u}) {  // for components, then for heads
        asked = 0;
        const auto stopped =
            graph::find_leaks(index_of(10), edges, reach, [&] { return ++asked == at; });
        ASSERT_FALSE(stopped);
        EXPECT_EQ(stopped.error().code, core::Code::interrupted);
    }
}

}  // namespace
}  // namespace mt::test
