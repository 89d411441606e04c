// SPDX-License-Identifier: MIT
//
// Frames as compilers make them, and how they are left: by return, by tail call,
// by exception, by longjmp.
#include <immintrin.h>
#include <setjmp.h>

#include <cstdlib>
#include <stdexcept>

#include "stack_capture.h"
#include "torture.h"

// Two functions that leave their frame to the one they call.
extern "C" void torture_tail(torture::Action action);
extern "C" void torture_tail_of_tail(torture::Action action);
asm(R"(
    .pushsection .text
torture_tail:
    .cfi_startproc
    jmp *%rdi
    .cfi_endproc
torture_tail_of_tail:
    .cfi_startproc
    jmp torture_tail
    .cfi_endproc
    .popsection
)");

namespace torture {
namespace {

namespace plain = mt::test::plain;
namespace optimised = mt::test::optimised;

// A frame that is aligned for a wide register, if the processor has it.
[[gnu::target("avx2"), gnu::noinline]] void with_wide_registers(Action action) {
    alignas(32) volatile int room[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    __m256i before = _mm256_loadu_si256(
        const_cast<const __m256i*>(reinterpret_cast<const volatile __m256i*>(room)));
    action();
    const __m256i sum = _mm256_add_epi32(before, before);
    check(_mm256_extract_epi32(sum, 7) == 16, "wide registers");
}

void in_wide_frame(Action action) {
    if (__builtin_cpu_supports("avx2")) {
        with_wide_registers(action);
    } else {
        optimised::realigned(action);
    }
}

[[gnu::noinline]] void allocating_recursion(int depth) {
    allocate();
    if (depth > 0) allocating_recursion(depth - 1);
    allocate();
}

int compare_and_allocate(const void* left, const void* right) {
    allocate();
    return *static_cast<const int*>(left) - *static_cast<const int*>(right);
}

}  // namespace

void in_quiet_frames(Action action) {
    plain::lambda(action);
    plain::with_alloca(5000, action);
    optimised::with_alloca(16, action);
    plain::realigned(action);
    optimised::realigned(action);
    plain::realigned_alloca(777, action);
    optimised::realigned_alloca(99, action);
    optimised::many_arguments(action);
    plain::many_arguments(action);
    in_wide_frame(action);
    torture_tail(action);
    torture_tail_of_tail(action);
}

void frames() {
    in_quiet_frames(allocate);
    in_quiet_frames(allocate_deeper);
    in_quiet_frames([] { in_quiet_frames(allocate); });
    plain::large_frame(allocate_deeper);
    optimised::large_frame(allocate_deeper);
    for (const unsigned depth : {0u, 1u, 20u, 240u, 252u, 253u, 254u, 255u, 256u, 400u, 2000u}) {
        plain::nested(depth, allocate);
        optimised::nested(depth, allocate);
    }
    allocating_recursion(300);
    int values[] = {5, 3, 9, 1, 7};
    std::qsort(values, 5, sizeof values[0], compare_and_allocate);
    check(values[4] == 9, "qsort");
}

namespace {

[[gnu::noinline]] void inner() {
    allocate();
    allocate();
}

[[gnu::noinline]] void two_places() {
    inner();
    inner();
    inner();
}

[[gnu::noinline]] void other_caller(unsigned depth) {
    if (depth > 0) return other_caller(depth - 1);
    two_places();
    inner();
}

}  // namespace

// What an unwinder remembers of the inner frames is the same in each call; only
// a return address further out tells them apart.
void same_frames() {
    for (unsigned round = 0; round < 20; ++round) {
        two_places();
        two_places();
        other_caller(round % 3);
        plain::nested(40, two_places);
        plain::nested(40, inner);
        optimised::nested(40, two_places);
        optimised::nested(39, two_places);
        torture_tail(two_places);
        torture_tail_of_tail(inner);
    }
}

namespace {

struct Guard {
    ~Guard() { allocate_deeper(); }
};

[[gnu::noinline]] void throwing() {
    const Guard guard;
    allocate();
    throw std::runtime_error("a text that is too long for the string itself");
}

[[gnu::noinline]] void guarded(unsigned depth) {
    const Guard guard;
    if (depth > 0) guarded(depth - 1);
    throwing();
}

jmp_buf target;

void jump() {
    allocate();
    longjmp(target, 1);
}

}  // namespace

void exceptions() {
    for (unsigned depth = 0; depth < 60; depth += 7) {
        try {
            plain::nested(depth, throwing);
        } catch (const std::runtime_error&) {
            allocate();
        }
        try {
            guarded(depth);
        } catch (const std::exception&) {
            allocate_deeper();
        }
        allocate();
    }
    plain::in_catch(allocate);
    optimised::in_catch(allocate);
    plain::in_cleanup(allocate);
    optimised::in_cleanup(allocate);
    plain::noreturn_tail(allocate);
    optimised::noreturn_tail(allocate);
    volatile unsigned depth = 0;
    while (depth < 300) {
        if (setjmp(target) == 0) {
            if (depth % 2 == 0) plain::nested(depth, jump);
            optimised::nested(depth, jump);
        }
        allocate();
        depth = depth + 13;
    }
}

}  // namespace torture
