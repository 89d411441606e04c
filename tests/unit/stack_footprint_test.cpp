// SPDX-License-Identifier: MIT
//
// Proves what a walk may call - nothing that allocates or asks the loader, one system
// call that allocators make too - and how little stack it needs.
#include <dlfcn.h>
#include <gtest/gtest.h>
#include <link.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <thread>

#include "os/filter.h"
#include "os/thread.h"
#include "stack/rule_cache.h"
#include "stack/walker.h"
#include "stack_capture.h"
#include "stack_hostile.h"

namespace {
// Armed around a walk; counts what a walk must not call.
thread_local bool armed;
thread_local unsigned forbidden_calls;
}  // namespace

extern "C" {
void* __libc_malloc(size_t size);
void* __libc_calloc(size_t count, size_t size);
void* __libc_realloc(void* block, size_t size);
void __libc_free(void* block);

void* malloc(size_t size) {
    forbidden_calls += armed;
    return __libc_malloc(size);
}
void* calloc(size_t count, size_t size) {
    forbidden_calls += armed;
    return __libc_calloc(count, size);
}
void* realloc(void* block, size_t size) {
    forbidden_calls += armed;
    return __libc_realloc(block, size);
}
void free(void* block) {
    forbidden_calls += armed;
    __libc_free(block);
}
#ifndef MEMTRACE_OBJECTS_BY_ITERATION
int dl_iterate_phdr(int (*callback)(dl_phdr_info*, size_t, void*), void* data) {
    forbidden_calls += armed;
    using Function = int (*)(int (*)(dl_phdr_info*, size_t, void*), void*);
    static const auto next = reinterpret_cast<Function>(dlsym(RTLD_NEXT, "dl_iterate_phdr"));
    return next(callback, data);
}
#endif
}

namespace mt::test {
namespace {

TEST_F(Hostile, calls_nothing_that_allocates_or_asks_the_loader) {
    own_window() = Window{};
    static u32 calls;
    calls = 0;
    const auto walk_armed = [] {
        u64 pcs[128];
        const auto bp = reinterpret_cast<u64>(__builtin_frame_address(0));
        armed = true;
        const Walk walk = runtime::stack::walk(own_window(), *reinterpret_cast<u64*>(bp + 8),
                                               bp + 16, *reinterpret_cast<u64*>(bp), pcs, 128);
        armed = false;
        calls = forbidden_calls;
        EXPECT_EQ(walk.end, WalkEnd::complete);
    };
    forbidden_calls = 0;
    optimised::nested(20, walk_armed);
    EXPECT_EQ(calls, 0u);
    std::thread{[&] { plain::nested(20, walk_armed); }}.join();
    EXPECT_EQ(calls, 0u);
    // The traps do see something.
    armed = true;
    void* volatile block = std::malloc(1);
    std::free(block);
    armed = false;
    EXPECT_EQ(forbidden_calls, 2u);
}

// Allows what a walk may do and what the test needs to report, kills on all else.
void forbid_system_calls() {
    const auto allow = [](unsigned number) {
        return sock_filter{BPF_JMP | BPF_JEQ | BPF_K, 0, 1, number};
    };
    const sock_filter yes{BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW};
    sock_filter program[] = {{BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(seccomp_data, nr)},
                             allow(SYS_madvise),
                             yes,
                             allow(SYS_exit_group),
                             yes,
                             {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_KILL_PROCESS}};
    const sock_fprog filter{std::size(program), program};
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter);
}

TEST_F(Hostile, makes_one_kind_of_system_call_only) {
    EXPECT_EXIT(
        {
            const Mapping stack{4096};
            const u64 code = reinterpret_cast<u64>(&std::qsort) + 30;
            u64 pcs[64];
            own_window() = Window{};
            runtime::os::identity.main_thread = runtime::os::thread_pointer();
            runtime::os::is_filtered = true;
            forbid_system_calls();
            const auto bp = reinterpret_cast<u64>(__builtin_frame_address(0));
            const Walk own = runtime::stack::walk(own_window(), code, bp, bp, pcs, 64);
            const Walk foreign =
                runtime::stack::walk(own_window(), code, stack.at(64), stack.at(128), pcs, 64);
            _exit(own.count >= 1 && foreign.count >= 1 ? 7 : 8);
        },
        ::testing::ExitedWithCode(7), "");
}

// Paints the stack below itself, walks, and looks how far the paint is gone.
[[gnu::noinline]] std::size_t stack_used_by_walk() {
    constexpr std::size_t kPainted = 16384;
    constexpr std::size_t kOwn = 256;  // this function's frame and the callee's return address
    u64 sp;
    u64 bp;
    asm volatile("mov %%rsp, %0\nmov %%rbp, %1" : "=r"(sp), "=r"(bp));
    static u64 pcs[256];
    static volatile unsigned char* lowest;
    runtime::stack::forget_rules();  // a rule that is remembered costs less
    lowest = reinterpret_cast<volatile unsigned char*>(sp) - kPainted;
    for (std::size_t i = 0; i < kPainted - kOwn; ++i) lowest[i] = 0xa5;
    u64 pc;
    asm volatile("lea 1f(%%rip), %0\n1: nop" : "=r"(pc));
    runtime::stack::walk(own_window(), pc, sp, bp, pcs, 256);
    std::size_t intact = 0;
    while (intact < kPainted - kOwn && lowest[intact] == 0xa5) ++intact;
    return kPainted - intact;
}

std::size_t most_stack_used;

void measure() { most_stack_used = std::max(most_stack_used, stack_used_by_walk()); }

#if defined(__clang__)
constexpr std::size_t kSlack = 300;  // clang keeps larger frames than gcc
#else
constexpr std::size_t kSlack = 0;
#endif

TEST_F(Hostile, needs_little_stack) {
    // Once before, so that lazy binding in this program does not count.
    stack_used_by_walk();
    most_stack_used = 0;
    measure();
    optimised::nested(5, measure);
    optimised::realigned_alloca(100, measure);
    signal(SIGUSR1, [](int) { measure(); });
    raise(SIGUSR1);
    signal(SIGUSR1, SIG_DFL);
    static const Jit jit{kWithFrame};
    jit.call(measure);
    std::printf("stack used by a walk: %zu bytes\n", most_stack_used);
    EXPECT_GT(most_stack_used, 256u);
#ifdef MEMTRACE_OBJECTS_BY_ITERATION
    EXPECT_LE(most_stack_used, 750 + kSlack);
#else
    EXPECT_LE(most_stack_used, 600 + kSlack);
#endif
    // Whole rows instead of 32-bit rules.
    plain::large_frame(measure);
    std::printf("and with a large frame: %zu bytes\n", most_stack_used);
    EXPECT_LE(most_stack_used, 750 + kSlack);
}

}  // namespace
}  // namespace mt::test
