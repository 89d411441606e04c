// SPDX-License-Identifier: MIT
//
// Frames as compilers make them, and how they are left: by return, by tail call,
// by exception, by longjmp.
#include <alloca.h>
#include <immintrin.h>
#include <setjmp.h>

#include <cstdlib>
#include <stdexcept>

#include "stack_capture.h"
#include "torture.h"

extern "C" {
// Two functions that leave their frame to the one they call.
void torture_tail(torture::Action action);
void torture_tail_of_tail(torture::Action action);
// Frames that say nothing of rbp, and that save it without using it.
void torture_same_bp(torture::Action action);
void torture_saved_bp(torture::Action action);
}
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
torture_same_bp:
    .cfi_startproc
    sub $24, %rsp
    .cfi_adjust_cfa_offset 24
    call *%rdi
    add $24, %rsp
    .cfi_adjust_cfa_offset -24
    ret
    .cfi_endproc
torture_saved_bp:
    .cfi_startproc
    push %rbp
    .cfi_adjust_cfa_offset 8
    .cfi_offset %rbp, -16
    mov $1, %ebp
    call *%rdi
    pop %rbp
    .cfi_restore %rbp
    .cfi_adjust_cfa_offset -8
    ret
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

using Through = void (*)(Action);
void* volatile work;

[[gnu::noinline]] void slide(unsigned bytes, Through through) {
    void* room = alloca(bytes);
    work = room;
    if (through == nullptr) return std::free(std::malloc(10));
    through(allocate);
    through(allocate_once);
    through(allocate_once);
}

// In each step the frame of slide() begins elsewhere, but its stack pointer is
// the same, and nobody writes over the frame that it had before: all that an
// unwinder remembers of it is still there, only rbp tells that it is not it.
[[gnu::noinline]] void slide_to(unsigned step, Through through) {
    constexpr unsigned kSteps = 32;
    void* room = alloca(64 * (step + 1));
    const unsigned rest = 64 * (kSteps - step);
    if (step % 3 == 0) slide(rest, through);
    if (step % 3 == 1) slide(rest, through);
    if (step % 3 == 2) slide(rest, through);
    work = room;  // no call, it would write over the frame
}

// Its table finds all it needs by way of rbp: where the frame begins and where
// the caller's rbp is.
[[gnu::noinline]] void aligned_with_alloca(Action action) {
    alignas(64) volatile char aligned[64];
    aligned[3] = 1;
    work = alloca(static_cast<unsigned>(aligned[3]) * 99);
    action();
}

void sliding_frames() {
    const Through ways[] = {torture_same_bp,      torture_saved_bp,    plain::realigned,
                            optimised::realigned, optimised::lambda,   torture_tail,
                            in_wide_frame,        aligned_with_alloca, nullptr};
    for (const Through through : ways) {
        for (unsigned step = 0; step < 32; ++step) slide_to(step, through);
        for (unsigned step = 32; step-- > 0;) slide_to(step, through);
    }
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
    sliding_frames();
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
