// SPDX-License-Identifier: MIT
//
// Where tests/programs/leaky.cpp stops: no register and no word below the stack has a pointer
// that is left over, and three or four blocks have nothing but one of these.
#ifndef MEMTRACE_TESTS_PROGRAMS_LEAKY_STOP_H
#define MEMTRACE_TESTS_PROGRAMS_LEAKY_STOP_H

// libc moves memory by registers of any width; what it has moved is still in them.
__attribute__((noinline)) inline void clear_vector_registers() {
    if (__builtin_cpu_supports("avx512f")) {
        asm volatile(
            ".irp n,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31\n\t"
            "vpxorq %%zmm\\n, %%zmm\\n, %%zmm\\n\n\t.endr" ::
                : "memory");
    }
    if (__builtin_cpu_supports("avx")) {
        asm volatile("vzeroall" ::: "memory");
    } else {
        asm volatile(
            ".irp n,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n\t"
            "pxor %%xmm\\n, %%xmm\\n\n\t.endr" ::
                : "memory");
    }
}

// Stops at leaky_ready, where these blocks have nothing but a register, a vector register, the red
// zone below the stack pointer and, unless that is null, the upper half of a vector register. If it
// is to die, it is killed there (SIGILL).
extern "C" void leaky_stop(void** rbx, void** xmm, void** red_zone, void** ymm, int dies);
asm(R"(
    .text
    .type leaky_stop, @function
leaky_stop:
    push %rbx
    mov (%rdi), %rbx
    not %rbx
    mov (%rsi), %rax
    not %rax
    movq %rax, %xmm3
    mov (%rdx), %rax
    not %rax
    mov %rax, -64(%rsp)
    test %rcx, %rcx
    jz 1f
    mov (%rcx), %rax
    not %rax
    vmovq %rax, %xmm5
    vpxor %xmm6, %xmm6, %xmm6
    vinsertf128 $1, %xmm5, %ymm6, %ymm6
    vpxor %xmm5, %xmm5, %xmm5
1:
    xor %eax, %eax
    xor %ecx, %ecx
    xor %edx, %edx
    xor %esi, %esi
    xor %edi, %edi
    xor %r9d, %r9d
    xor %r10d, %r10d
    xor %r11d, %r11d
    .set leaky_offset, 8
    .rept 16
    .if leaky_offset != 64
    movq $0, -leaky_offset(%rsp)
    .endif
    .set leaky_offset, leaky_offset + 8
    .endr
    .globl leaky_ready
    .type leaky_ready, @function
leaky_ready:
    nop
    test %r8d, %r8d
    jz 2f
    ud2
2:
    pop %rbx
    ret
    .size leaky_ready, . - leaky_ready
    .size leaky_stop, . - leaky_stop
)");

#endif
