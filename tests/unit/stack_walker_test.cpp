// SPDX-License-Identifier: MIT
//
// Proves that the walker sees what libgcc's unwinder sees, frame by frame, on
// every kind of stack that programs have. Built twice: with each way to find
// objects.
#include "stack/walker.h"

#include <dlfcn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <ucontext.h>

#include <cerrno>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>

#include "stack/derive.h"
#include "stack/objects.h"
#include "stack/rule_cache.h"
#include "stack_capture.h"
#include "stack_walker.h"

extern "C" {
void memtrace_before_main();
int memtrace_early();
}

namespace mt::test {
namespace {

Capture& early_capture() {
    static Capture capture;
    return capture;
}

using ::testing::IsEmpty;

TEST_F(Walker, equals_reference_at_many_depths) {
    for (const u32 depth : {0u, 1u, 2u, 7u, 40u, 300u, 1500u}) {
        plain::nested(depth, capture_into_current);
        expect_equal();
        EXPECT_GE(capture_->walk.count, depth);
        optimised::nested(depth, capture_into_current);
        expect_equal();
        EXPECT_GE(capture_->walk.count, depth);
    }
}

// ld.so's first frame is in no unwind table; there is nothing beyond it.
TEST_F(Walker, reaches_the_start_of_the_process_from_a_constructor) {
    ASSERT_EQ(memtrace_early(), 1);
    const Capture& capture = early_capture();
    EXPECT_THAT(differences(capture), IsEmpty());
    EXPECT_EQ(capture.walk.end, WalkEnd::complete);
    EXPECT_GE(capture.walk.count, 4u);
}

TEST_F(Walker, keeps_what_it_learned_about_the_stack) {
    own_window() = Window{};
    capture_here(*capture_);
    const Window first = own_window();
    ASSERT_NE(first.high, 0u) << "the main thread's stack was not recognised";
    EXPECT_LT(first.low, first.high);
    optimised::nested(1500, capture_into_current);
    EXPECT_LT(own_window().low, first.low);
    EXPECT_EQ(own_window().high, first.high);
}

struct Shape {
    const char* name;
    void (*run)(Action);
};

class WalkerShapes : public Walker, public ::testing::WithParamInterface<Shape> {};

TEST_P(WalkerShapes, equals_reference) {
    GetParam().run(capture_into_current);
    expect_equal();
}

#define MT_SHAPES(set)                                                                      \
    Shape{#set "_lambda", set::lambda},                                                     \
        Shape{#set "_alloca_16", [](Action action) { set::with_alloca(16, action); }},      \
        Shape{#set "_alloca_5000", [](Action action) { set::with_alloca(5000, action); }},  \
        Shape{#set "_realigned", set::realigned},                                           \
        Shape{#set "_realigned_alloca",                                                     \
              [](Action action) { set::realigned_alloca(777, action); }},                   \
        Shape{#set "_large_frame", set::large_frame},                                       \
        Shape{#set "_many_arguments", set::many_arguments},                                 \
        Shape{#set "_in_catch", set::in_catch}, Shape{#set "_in_cleanup", set::in_cleanup}, \
        Shape {                                                                             \
#set "_noreturn_tail", set::noreturn_tail                                           \
    }

INSTANTIATE_TEST_SUITE_P(all, WalkerShapes,
                         ::testing::Values(MT_SHAPES(plain), MT_SHAPES(optimised)),
                         [](const auto& shape) { return std::string(shape.param.name); });

int compare_and_capture(const void*, const void*) {
    capture_into_current();
    return 0;
}

TEST_F(Walker, passes_through_libc) {
    int values[3] = {3, 1, 2};
    std::qsort(values, 3, sizeof values[0], compare_and_capture);
    expect_equal();
}

TEST_F(Walker, reaches_the_start_of_a_thread) {
    std::thread{[this] {
        current_capture = capture_.get();
        optimised::nested(5, capture_into_current);
        EXPECT_NE(own_window().low, 0u);
    }}.join();
    expect_equal();
}

void* thread_main(void* capture) {
    current_capture = static_cast<Capture*>(capture);
    plain::nested(3, capture_into_current);
    return nullptr;
}

TEST_F(Walker, reaches_the_start_of_a_thread_on_a_given_stack) {
    constexpr std::size_t kSize = 256 * 1024;
    void* stack = mmap(nullptr, kSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ASSERT_NE(stack, MAP_FAILED);
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    ASSERT_EQ(pthread_attr_setstack(&attributes, stack, kSize), 0);
    pthread_t thread;
    ASSERT_EQ(pthread_create(&thread, &attributes, thread_main, capture_.get()), 0);
    pthread_join(thread, nullptr);
    pthread_attr_destroy(&attributes);
    munmap(stack, kSize);
    expect_equal();
}

void on_signal(int) { optimised::nested(2, capture_into_current); }

void install(int signal, int flags) {
    struct sigaction action {};
    action.sa_handler = on_signal;
    action.sa_flags = flags;
    sigaction(signal, &action, nullptr);
}

TEST_F(Walker, passes_a_signal_frame) {
    install(SIGUSR1, 0);
    optimised::nested(3, [] { raise(SIGUSR1); });
    expect_equal();
}

TEST_F(Walker, passes_from_an_alternate_stack_to_the_own) {
    const AlternateStack stack;
    install(SIGUSR1, SA_ONSTACK);
    optimised::nested(3, [] { raise(SIGUSR1); });
    expect_equal();
}

TEST_F(Walker, passes_a_fault_in_the_middle_of_code) {
    const AlternateStack stack;
    static void* page;
    page = mmap(nullptr, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct sigaction action {};
    action.sa_flags = SA_ONSTACK;
    action.sa_handler = [](int) {
        capture_into_current();
        mprotect(page, 4096, PROT_READ);
    };
    sigaction(SIGSEGV, &action, nullptr);
    plain::nested(2, [] { static_cast<void>(*static_cast<volatile char*>(page)); });
    signal(SIGSEGV, SIG_DFL);
    munmap(page, 4096);
    expect_equal();
}

ucontext_t main_context;
ucontext_t fiber_context;

void fiber_main() { optimised::nested(4, capture_into_current); }

TEST_F(Walker, reaches_the_start_of_a_fiber) {
    constexpr std::size_t kSize = 65536;
    capture_here(*capture_);
    const Window before = own_window();
    const auto memory = std::make_unique<char[]>(kSize);
    getcontext(&fiber_context);
    fiber_context.uc_stack.ss_sp = memory.get();
    fiber_context.uc_stack.ss_size = kSize;
    fiber_context.uc_link = &main_context;
    makecontext(&fiber_context, fiber_main, 0);
    swapcontext(&main_context, &fiber_context);
    expect_equal();
    EXPECT_EQ(own_window().low, before.low) << "a fiber's stack was remembered";
}

TEST_F(Walker, does_not_remember_a_stack_that_goes_away) {
    for (u32 round = 0; round < 3; ++round) {
        constexpr std::size_t kSize = 16384;
        char* memory = static_cast<char*>(
            mmap(nullptr, kSize + 8192, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
        mprotect(memory + 4096, kSize, PROT_READ | PROT_WRITE);
        getcontext(&fiber_context);
        fiber_context.uc_stack.ss_sp = memory + 4096;
        fiber_context.uc_stack.ss_size = kSize;
        fiber_context.uc_link = &main_context;
        makecontext(&fiber_context, fiber_main, 0);
        swapcontext(&main_context, &fiber_context);
        expect_equal();
        munmap(memory, kSize + 8192);
    }
}

// One address in each page and more of libc's code, so that sets of the cache are
// shared: what is remembered is what was derived, before and after forgetting.
TEST_F(Walker, remembers_the_rules_that_it_derived) {
    runtime::stack::Object libc;
    ASSERT_TRUE(
        runtime::stack::find_object(reinterpret_cast<u64>(dlsym(RTLD_DEFAULT, "qsort")), libc));
    u32 described = 0;
    for (u32 round = 0; round < 3; ++round) {
        for (u64 pc = libc.start + 1; pc < libc.end; pc += 97) {
            const auto derived = runtime::stack::derive(pc);
            ASSERT_EQ(runtime::stack::find_rule(pc).bits(), derived.bits()) << std::hex << pc;
            ASSERT_EQ(runtime::stack::find_rule(pc).bits(), derived.bits()) << std::hex << pc;
            described += derived.kind() == runtime::stack::RuleKind::sp;
        }
        if (round == 1) runtime::stack::forget_rules();
    }
    EXPECT_GT(described, 10000u);
}

// 100 000 frames: only as many as asked for are looked at, and the
// stack far below the known part is not probed page by page.
TEST_F(Walker, does_not_mind_how_deep_a_stack_is) {
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 64u << 20);
    pthread_t thread;
    const auto run = [](void*) -> void* {
        plain::nested(100'000, [] {
            u64 pcs[256];
            const auto bp = reinterpret_cast<u64>(__builtin_frame_address(0));
            const Walk walk = runtime::stack::walk(own_window(), *reinterpret_cast<u64*>(bp + 8),
                                                   bp + 16, *reinterpret_cast<u64*>(bp), pcs, 256);
            EXPECT_EQ(walk.count, 256u);
            EXPECT_EQ(walk.end, WalkEnd::cut);
        });
        return nullptr;
    };
    ASSERT_EQ(pthread_create(&thread, &attributes, run, nullptr), 0);
    pthread_join(thread, nullptr);
    pthread_attr_destroy(&attributes);
}

TEST_F(Walker, stops_at_the_limit_and_says_so) {
    plain::nested(50, [] {
        capture_into_current();
        const u32 all = current_capture->walk.count;
        u64 pcs[128];
        const auto bp = reinterpret_cast<u64>(__builtin_frame_address(0));
        // From this frame's caller on, whose registers this frame holds.
        const u64 sp = bp + 16;
        const u64 caller = *reinterpret_cast<u64*>(bp + 8);
        const u64 caller_bp = *reinterpret_cast<u64*>(bp);
        for (const u32 limit : {0u, 1u, 2u, 10u, 30u}) {
            const Walk cut = runtime::stack::walk(own_window(), caller, sp, caller_bp, pcs, limit);
            EXPECT_EQ(cut.count, limit);
            EXPECT_EQ(cut.end, WalkEnd::cut);
        }
        const Walk whole = runtime::stack::walk(own_window(), caller, sp, caller_bp, pcs, 128);
        EXPECT_EQ(whole.end, WalkEnd::complete);
        EXPECT_LT(whole.count, all);
        const Walk exact =
            runtime::stack::walk(own_window(), caller, sp, caller_bp, pcs, whole.count);
        EXPECT_EQ(exact.end, WalkEnd::complete) << "as many frames as the limit is not cut";
        EXPECT_EQ(exact.count, whole.count);
    });
}

TEST_F(Walker, leaves_errno_alone) {
    own_window() = Window{};
    errno = 4242;
    capture_here(*capture_);
    EXPECT_EQ(errno, 4242);
}

}  // namespace
}  // namespace mt::test

void memtrace_before_main() {
    mt::test::capture_here(mt::test::early_capture());
    asm volatile("");
}
