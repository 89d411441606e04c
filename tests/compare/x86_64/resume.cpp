// SPDX-License-Identifier: MIT
//
// A frame whose unwind table says that it was called from any registers one
// likes: they are in memory and rbx points there. Only for the reference.
#include "reference.h"

// libgcc's unwinder takes this function's first argument in rbx as the place of
// its caller's registers: {pc, sp, bp}.
asm(R"(
    .pushsection .text
    .hidden memtrace_trace_from
    .globl memtrace_trace_from
    .type memtrace_trace_from, @function
memtrace_trace_from:
    .cfi_startproc
    pushq %rbx
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset %rbx, 0
    movq %rdi, %rbx
    movq %rsi, %rdi
    movq %rdx, %rsi
    .cfi_remember_state
    # frame = *(rbx + 8); return address at rbx + 0; rbp at rbx + 16
    .cfi_escape 0x0f, 0x03, 0x73, 0x08, 0x06
    .cfi_escape 0x10, 0x10, 0x02, 0x73, 0x00
    .cfi_escape 0x10, 0x06, 0x02, 0x73, 0x10
    .cfi_same_value %rbx
    call _Unwind_Backtrace
    nop
    .cfi_restore_state
    popq %rbx
    .cfi_adjust_cfa_offset -8
    ret
    .cfi_endproc
    .size memtrace_trace_from, . - memtrace_trace_from
    .popsection
)");
