// SPDX-License-Identifier: MIT
//
// A stack that is put together from the last one and some new frames equals the
// one that is walked from end to end (differences() compares both, and libgcc's),
// and it saves the walk: frames that did not change are not walked again.
#include <signal.h>
#include <ucontext.h>

#include <csetjmp>
#include <random>

#include "stack/rule_cache.h"
#include "stack_walker.h"

namespace mt::test {
namespace {

class Frames : public Walker {
  protected:
    Frames() { own_frames() = {}; }

    void expect_followed(u32 at_most_fresh) {
        expect_equal();
        EXPECT_TRUE(capture_->followed);
        EXPECT_LE(capture_->fresh, at_most_fresh);
    }
};

[[gnu::noinline]] void twice(Capture& capture, u32& fresh_at_second) {
    capture_here(capture);
    for (int i = 0; i < 2; ++i) capture_here(capture);
    fresh_at_second = capture.fresh;
    asm volatile("");
}

// capture_here asks with its own registers: the same at each turn of a loop.
TEST_F(Frames, NothingIsWalkedAgainWhenNothingChanged) {
    u32 fresh = 99;
    twice(*capture_, fresh);
    expect_followed(1);
    EXPECT_EQ(fresh, 0u);
}

// Equal inner frames below another return address.
[[gnu::noinline]] void inner(Capture& capture) {
    capture_here(capture);
    asm volatile("");
}
[[gnu::noinline]] void middle(Capture& capture) {
    inner(capture);
    asm volatile("");
}

TEST_F(Frames, AChangedOuterReturnAddressIsSeen) {
    middle(*capture_);
    expect_equal();
    const u64 first = capture_->followed_pcs[3];
    middle(*capture_);
    expect_followed(5);
    EXPECT_NE(capture_->followed_pcs[3], first);
}

// The frame between restores bp from its own frame: what the outer frame was
// found by lies in a slot that is neither first nor last.
[[gnu::noinline]] void by_frame_pointer(u32 depth, Capture& capture, u32 bytes) {
    auto* room = static_cast<volatile char*>(__builtin_alloca(bytes));
    room[0] = 1;
    if (depth > 0) {
        by_frame_pointer(depth - 1, capture, bytes);
    } else {
        capture_here(capture);
    }
    asm volatile("" ::: "memory");
}

TEST_F(Frames, FramesOfChangingSizeAreTakenAnew) {
    for (u32 bytes : {64u, 64u, 80u, 4096u, 64u}) {
        by_frame_pointer(12, *capture_, bytes);
        expect_equal();
        EXPECT_TRUE(capture_->followed);
    }
}

thread_local std::mt19937* tree_random = nullptr;
thread_local u32 tree_depth = 0;
thread_local u64 followed = 0;
thread_local u64 fresh_frames = 0;
thread_local u64 all_frames = 0;
thread_local u32 wrong = 0;

void check_here() {
    capture_into_current();
    if (!differences(*current_capture).empty()) ++wrong;
    if (current_capture->followed) {
        ++followed;
        fresh_frames += current_capture->fresh;
        all_frames += current_capture->followed_count;
    }
}

// Calls itself through a caller of random shape, and takes the stack in between.
void branch() {
    check_here();
    if (tree_depth == 0) return;
    --tree_depth;
    using Shape = void (*)(Action);
    static constexpr Shape kShapes[] = {
        plain::lambda,     plain::realigned,     plain::large_frame,  plain::many_arguments,
        optimised::lambda, optimised::realigned, optimised::in_catch, optimised::many_arguments};
    const auto calls = static_cast<u32>(1 + (*tree_random)() % 2);
    for (u32 i = 0; i < calls; ++i) {
        const auto which = static_cast<u32>((*tree_random)() % 10);
        if (which < 8) {
            kShapes[which](branch);
        } else if (which == 8) {
            optimised::with_alloca(static_cast<u32>((*tree_random)() % 3000), branch);
        } else {
            plain::nested(static_cast<u32>((*tree_random)() % 4), branch);
        }
        check_here();
    }
    ++tree_depth;
}

TEST_F(Frames, RandomCallTreesAreFollowed) {
    for (u32 seed = 0; seed < 60; ++seed) {
        std::mt19937 random(seed);
        tree_random = &random;
        tree_depth = 9;
        branch();
    }
    EXPECT_EQ(wrong, 0u);
    EXPECT_GT(followed, 10000u);
    EXPECT_LT(fresh_frames * 3, all_frames) << "most frames are not walked again";
}

// A handler on this stack: the interrupted frames are kept across the signal step.
sig_atomic_t handled = 0;
void handler(int) {
    capture_into_current();
    handled = handled + 1;
}

TEST_F(Frames, InterruptedFramesAreKept) {
    struct sigaction action = {};
    action.sa_handler = handler;
    sigaction(SIGUSR1, &action, nullptr);
    for (int i = 0; i < 3; ++i) {
        raise(SIGUSR1);
        expect_equal();
        EXPECT_TRUE(capture_->followed);
    }
    EXPECT_LT(capture_->fresh + 2, capture_->followed_count);
    signal(SIGUSR1, SIG_DFL);
}

TEST_F(Frames, AnotherStackIsLeftToTheWalkAndHarmsNothing) {
    AlternateStack alternate;
    struct sigaction action = {};
    action.sa_handler = handler;
    action.sa_flags = SA_ONSTACK;
    sigaction(SIGUSR1, &action, nullptr);
    capture_here(*capture_);
    raise(SIGUSR1);
    expect_equal();
    EXPECT_FALSE(capture_->followed);
    capture_here(*capture_);
    expect_followed(2);
    signal(SIGUSR1, SIG_DFL);
}

// A fiber whose stack lies in a frame of this very stack.
ucontext_t outside;
ucontext_t fiber;

TEST_F(Frames, AFiberInAFrameOfThisStack) {
    char room[65536];
    getcontext(&fiber);
    fiber.uc_stack.ss_sp = room;
    fiber.uc_stack.ss_size = sizeof room;
    fiber.uc_link = &outside;
    makecontext(&fiber, capture_into_current, 0);
    capture_here(*capture_);
    swapcontext(&outside, &fiber);
    expect_equal();
    capture_here(*capture_);
    expect_equal();
}

// Of a deep stack the innermost 256 frames, whatever the way to its depth.
TEST_F(Frames, DeepStacksAreFollowedInTheirWindow) {
    for (u32 depth : {100u, 240u,  252u, 253u, 254u, 255u, 256u, 257u, 300u, 301u,
                      600u, 1500u, 601u, 550u, 400u, 257u, 256u, 255u, 250u, 100u}) {
        for (int i = 0; i < 3; ++i) {
            plain::nested(depth, capture_into_current);
            expect_equal();
            EXPECT_TRUE(capture_->followed) << depth;
        }
    }
}

thread_local u64 deep_fresh = 0;
thread_local u32 deep_events = 0;
thread_local u32 deep_wrong = 0;

void count_here() {
    capture_into_current();
    if (!differences(*current_capture).empty() || !current_capture->followed) ++deep_wrong;
    deep_fresh += current_capture->fresh;
    ++deep_events;
}

// An event on the way down and one on the way up, at each level, in frames of
// sizes that make a level's stack shallower or deeper than the one before it.
[[gnu::noinline]] void recurse(u32 depth, std::mt19937& random) {
    auto* room = static_cast<volatile char*>(__builtin_alloca(16 + random() % 200));
    room[0] = 1;
    count_here();
    if (depth > 0) recurse(depth - 1, random);
    count_here();
    asm volatile("" ::: "memory");
}

TEST_F(Frames, ADeepRecursionIsWalkedOnce) {
    std::mt19937 random(7);
    for (u32 depth : {300u, 1200u, 1200u, 700u}) recurse(depth, random);
    EXPECT_EQ(deep_wrong, 0u);
    EXPECT_LT(deep_fresh / deep_events, 12u) << "frames that were walked again, per event";
}

TEST_F(Frames, WhatRulesLedToIsForgottenWithThem) {
    u32 fresh = 99;
    twice(*capture_, fresh);
    runtime::stack::forget_rules();
    capture_here(*capture_);
    expect_equal();
    EXPECT_EQ(capture_->fresh, capture_->followed_count);
}

}  // namespace
}  // namespace mt::test
