/* SPDX-License-Identifier: MIT
 *
 * Calls a function on a stack of the caller's making: small, misaligned, or both. C, for
 * every debuggee; must not allocate. */
#ifndef MEMTRACE_TESTS_STACKS_H
#define MEMTRACE_TESTS_STACKS_H

#include <stddef.h>
#include <stdint.h>

/* At entry the stack pointer is `skew` bytes below what the ABI asks for. */
__attribute__((noinline)) static void on_stack(void* low, size_t size, unsigned skew,
                                               void (*function)(void*), void* argument) {
    uintptr_t top = (((uintptr_t)low + size) & ~(uintptr_t)15) - skew;
#if defined __x86_64__
    __asm__ volatile(
        "movq %%rsp, %%rbx\n\t"
        "movq %0, %%rsp\n\t"
        "callq *%1\n\t"
        "movq %%rbx, %%rsp"
        : "+r"(top), "+r"(function), "+D"(argument)
        :
        : "rbx", "rax", "rcx", "rdx", "rsi", "r8", "r9", "r10", "r11", "memory", "cc");
#else
#error "on_stack is not written for this processor"
#endif
}

#endif
