// SPDX-License-Identifier: MIT
//
// What roots hold, against a walk that repeats until nothing changes; ways to roots; weak roots
// and suppressed blocks; edges the other way round.
#include <gtest/gtest.h>

#include <random>

#include "graph_program.h"

namespace mt::test {
namespace {

using graph::kInterior;
using graph::kNone;
using graph::RootEdge;

constexpr unsigned kFar = ~0u;
using Targets = std::vector<std::vector<graph::Target>>;

struct Case {
    Targets targets;
    std::vector<Root> roots{{RootClass::module_data, 0, {}, 0}, {RootClass::stack, 1, {}, 0}};
    std::vector<RootEdge> root_edges;
    graph::ReachOptions options{graph::bit_of(RootClass::stack), {}};
};

Case random_case(std::mt19937_64& random) {
    Case made;
    const auto count = static_cast<Number>(random() % 30 + 1);
    const auto any = [&] { return static_cast<graph::Target>(random() % count); };
    const auto mark = [&] { return random() % 4 == 0 ? kInterior : 0; };
    made.targets.resize(count);
    for (std::uint64_t i = random() % (2 * count); i > 0; --i)
        made.targets[any()].push_back(any() | mark());
    for (std::uint64_t i = random() % 4; i > 0; --i)
        made.root_edges.push_back({i, static_cast<std::uint32_t>(random() % 2), any() | mark()});
    if (random() % 2 == 0) made.options.suppressed = {any()};
    return made;
}

// Steps from the roots, or kFar, by passes over all edges; `before` is not entered.
std::vector<unsigned> naive_steps(const Case& of, const std::vector<graph::Target>& first,
                                  bool by_beginnings, const std::vector<bool>& before) {
    std::vector<unsigned> steps(of.targets.size(), kFar);
    const auto lower = [&](graph::Target target, unsigned to) {
        const Number block = graph::block_of(target);
        if (by_beginnings && graph::is_interior(target)) return false;
        if (before[block] || steps[block] <= to) return false;
        return steps[block] = to, true;
    };
    bool changed = true;
    for (const graph::Target target : first) lower(target, 0);
    while (std::exchange(changed, false))
        for (Number i = 0; i < steps.size(); ++i)
            if (steps[i] != kFar)
                for (const graph::Target target : of.targets[i])
                    changed |= lower(target, steps[i] + 1);
    return steps;
}

void expect_ways(const Case& of, const graph::Reach& reach, Held held,
                 const std::vector<unsigned>& steps) {
    for (Number i = 0; i < steps.size(); ++i) {
        if (steps[i] == kFar) continue;
        ASSERT_EQ(reach.held[i], held);
        const graph::Chain chain = graph::chain_to(reach, i);
        ASSERT_EQ(chain.blocks.size(), steps[i] + 1);
        for (std::size_t at = 1; at < chain.blocks.size(); ++at) {
            bool points = false;
            for (const graph::Target target : of.targets[chain.blocks[at]])
                points |= graph::block_of(target) == chain.blocks[at - 1];
            ASSERT_TRUE(points);
        }
        ASSERT_EQ(chain.root_edge == kNone, held == Held::by_suppressed);
        if (chain.root_edge == kNone) continue;
        ASSERT_EQ(graph::block_of(of.root_edges[chain.root_edge].target), chain.blocks.back());
    }
}

void expect_naive(const Case& of) {
    const graph::Edges edges = edges_of(of.targets);
    graph::Reach reach = graph::reach(edges, of.roots, of.root_edges, of.options, {}).value();
    std::vector<graph::Target> strong, weak;
    for (const RootEdge& edge : of.root_edges)
        (edge.root == 1 ? weak : strong).push_back(edge.target);
    std::vector<bool> before(of.targets.size());
    const auto beginnings = naive_steps(of, strong, true, before);
    for (Number i = 0; i < before.size(); ++i) {
        ASSERT_EQ(reach.held[i] == Held::by_beginnings, beginnings[i] != kFar);
        if (beginnings[i] != kFar) reach.held[i] = Held::by_interior;
    }
    std::vector<graph::Target> suppressed(of.options.suppressed);
    for (const auto& [first, held] : {std::pair{strong, Held::by_interior},
                                      {weak, Held::weakly},
                                      {suppressed, Held::by_suppressed}}) {
        const auto steps = naive_steps(of, first, false, before);
        expect_ways(of, reach, held, steps);
        for (Number i = 0; i < before.size(); ++i) before[i] = before[i] || steps[i] != kFar;
    }
    for (Number i = 0; i < before.size(); ++i)
        ASSERT_EQ(reach.held[i] == Held::not_at_all, !before[i]);
}

TEST(GraphReach, IsThatOfANaiveWalk) {
    std::mt19937_64 random(7);
    for (int runs = 0; runs < 3'000 && !testing::Test::HasFatalFailure(); ++runs)
        expect_naive(random_case(random));
}

// global -> a -> b, and global -> middle of c -> d.
TEST(GraphReach, TellsInteriorPointersFromBeginnings) {
    Program program;
    const std::uint64_t a = program.add(32), b = program.add(32), c = program.add(32),
                        d = program.add(32);
    program.put(a, b);
    program.put(c, d);
    program.put_global(a);
    const std::uint64_t slot = program.put_global(c + 8);
    const Answers answers(program);
    EXPECT_EQ(answers.held(b), Held::by_beginnings);
    EXPECT_EQ(answers.held(c), Held::by_interior);
    EXPECT_EQ(answers.held(d), Held::by_interior);
    const graph::Chain chain = graph::chain_to(answers.reach, answers.number(d));
    EXPECT_EQ(chain.blocks, (std::vector<Number>{3, 2}));
    EXPECT_EQ(answers.scanned.root_edges[chain.root_edge].slot, slot);
}

TEST(GraphReach, WeakRootsHoldWhatNothingElseDoes) {
    Program program;
    const std::uint64_t a = program.add(32), b = program.add(32);
    program.put(a, b);
    program.add_register(a);
    const graph::ReachOptions weak{graph::bit_of(RootClass::registers), {}};
    EXPECT_EQ(Answers(program).held(b), Held::by_beginnings);
    EXPECT_EQ(Answers(program, {}, weak).held(b), Held::weakly);
    EXPECT_TRUE(Answers(program, {}, weak).leaks.leaks.empty());
    program.put_global(b);
    EXPECT_EQ(Answers(program, {}, weak).held(b), Held::by_beginnings);
    EXPECT_EQ(Answers(program, {}, weak).held(a), Held::weakly);
}

TEST(GraphReach, EdgesTheOtherWayRound) {
    std::mt19937_64 random(23);
    for (int runs = 0; runs < 300; ++runs) {
        const Case of = random_case(random);
        const graph::Edges edges = edges_of(of.targets);
        Targets expected(of.targets.size());
        for (Number i = 0; i < of.targets.size(); ++i)
            for (const graph::Target target : of.targets[i])
                expected[graph::block_of(target)].push_back(i | (target & kInterior));
        const graph::Edges back = graph::reversed(edges, {}).value();
        for (Number i = 0; i < expected.size(); ++i) {
            std::vector<graph::Target> found(back.of(i).begin(), back.of(i).end());
            std::sort(found.begin(), found.end());
            std::sort(expected[i].begin(), expected[i].end());
            ASSERT_EQ(found, expected[i]);
            for (graph::Target& holder : found) holder = graph::block_of(holder);
            std::sort(found.begin(), found.end());
            found.erase(std::unique(found.begin(), found.end()), found.end());
            ASSERT_EQ(graph::holders_of(edges, i, {}).value(), found);
        }
    }
}

TEST(GraphReach, EndsWhenItIsInterrupted) {
    const graph::Edges edges = edges_of(Targets(10));
    const core::Interrupted always = [] { return true; };
    const std::vector<Root> roots(1);
    const std::vector<RootEdge> root_edges{{0, 0, 3}};
    const auto stopped = graph::reach(edges, roots, root_edges, {}, always);
    ASSERT_FALSE(stopped);
    EXPECT_EQ(stopped.error().code, core::Code::interrupted);
    EXPECT_FALSE(graph::holders_of(edges, 1, always));
}

}  // namespace
}  // namespace mt::test
