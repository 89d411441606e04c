// SPDX-License-Identifier: MIT
//
// A stack that comes again is recalled as it was, and is no other: capture_here() asks for
// each stack before it is walked, and differences() compares what was recalled with the walk.
// All Frames.* do so, too (stack_frames_test); here is what they do not reach.
#include <array>
#include <random>
#include <thread>
#include <utility>

#include "stack/rule_cache.h"
#include "stack_walker.h"

namespace mt::test {
namespace {

thread_local u32 asked = 0;
thread_local u32 recalled = 0;
thread_local u32 wrong = 0;

void ask() {
    capture_into_current();
    ++asked;
    recalled += current_capture->recalled;
    wrong += !differences(*current_capture).empty();
    asm volatile("");
}

class Recent : public Walker {
  protected:
    Recent() {
        own_frames() = {};
        own_recent().forget();
        begin();
    }
    static void begin() { asked = recalled = wrong = 0; }
};

TEST_F(Recent, KeptWhenItComesAgainAndRecalledFromThenOn) {
    for (u32 turn = 0; turn < 5; ++turn) {
        ask();
        EXPECT_EQ(current_capture->recalled, turn >= 2) << turn;
    }
    EXPECT_EQ(wrong, 0u);
}

// As programs allocate: through one wrapper, at one depth, from many places. Registers and
// inner frames are equal, what differs lies further out.
[[gnu::noinline]] void wrapper() {
    ask();
    asm volatile("");
}
[[gnu::noinline]] void outer_wrapper() {
    wrapper();
    asm volatile("");
}
template <int kPlace>
[[gnu::noinline]] void place() {
    outer_wrapper();
    asm volatile("" ::"i"(kPlace));
}
using Place = void (*)();
template <int... kPlaces>
constexpr std::array<Place, sizeof...(kPlaces)> places_of(std::integer_sequence<int, kPlaces...>) {
    return {place<kPlaces>...};
}
constexpr auto kPlaces = places_of(std::make_integer_sequence<int, 200>());

[[gnu::noinline]] void from_all_places() {
    for (const Place from : kPlaces) from();
}

TEST_F(Recent, StacksThroughOneWrapperAreToldApart) {
    for (int turn = 0; turn < 12; ++turn) {  // the table grows meanwhile
        begin();
        from_all_places();
        EXPECT_EQ(wrong, 0u);
    }
    EXPECT_GT(recalled, asked / 2);
}

TEST_F(Recent, TheSamePlaceFurtherOutMakesAnotherStack) {
    for (int turn = 0; turn < 12; ++turn) {
        begin();
        from_all_places();
        from_all_places();
        EXPECT_EQ(wrong, 0u);
    }
    EXPECT_GT(recalled, asked / 3);
}

// More of them than there is room for, in random order: none is taken for another one. Those
// of few frames come often, the others seldom.
[[gnu::noinline]] void path(u32 depth, std::mt19937& random) {
    const auto which = random() % 3;
    if (depth == 0) return kPlaces[random() % 20]();
    if (which == 0) path(depth - 1, random);
    if (which == 1) path(depth - 1, random);
    if (which == 2) path(depth - 1, random);
    asm volatile("");
}

TEST_F(Recent, StacksThatDisplaceOthersAreStillThemselves) {
    std::mt19937 random(1);
    for (int i = 0; i < 4000; ++i) path(1 + static_cast<u32>(random() % 6), random);
    EXPECT_EQ(wrong, 0u);
    EXPECT_GT(recalled, 50u);
    EXPECT_LT(recalled, asked / 2);
}

TEST_F(Recent, WhatRulesLedToIsForgottenWithThem) {
    for (u32 turn = 0; turn < 9; ++turn) {
        if (turn == 6) runtime::stack::forget_rules();
        ask();
        EXPECT_EQ(current_capture->recalled, (turn >= 2 && turn < 6) || turn >= 7) << turn;
    }
    EXPECT_EQ(wrong, 0u);
}

// Of more words than fit into one part, and of more parts than are kept of one stack.
TEST_F(Recent, DeepStacksAreRecalledUpToALimit) {
    for (const auto& [depth, kept] : {std::pair{30u, true}, {250u, false}, {400u, false}}) {
        for (int turn = 0; turn < 4; ++turn) optimised::nested(depth, ask);
        EXPECT_EQ(current_capture->recalled, kept) << depth;
    }
    EXPECT_EQ(wrong, 0u);
}

// Nothing is taken over by a thread whose stack lies where another one's lay.
TEST_F(Recent, EachThreadHasItsOwn) {
    for (int i = 0; i < 50; ++i) {
        std::thread([] {
            auto capture = std::make_unique<Capture>();
            current_capture = capture.get();
            begin();
            for (int turn = 0; turn < 4; ++turn) ask();
            EXPECT_EQ(wrong, 0u);
            EXPECT_EQ(recalled, 2u);
            current_capture = nullptr;
        }).join();
    }
}

}  // namespace
}  // namespace mt::test
