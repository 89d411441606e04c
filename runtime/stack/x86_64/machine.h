// SPDX-License-Identifier: MIT
//
// What the walker must know about x86-64 (System V psABI, Linux) beside its
// registers: addresses, the layout of a signal frame, and what a call looks like
// in machine code. It decides nothing about the walk.
#ifndef MEMTRACE_STACK_X86_64_MACHINE_H
#define MEMTRACE_STACK_X86_64_MACHINE_H

#include "stack/x86_64/registers.h"

namespace mt::runtime::stack::machine {

inline constexpr u16 kArchitecture = abi::kX86_64;
inline constexpr u64 kPage = 4096;
inline constexpr u8 kAddressBits = 47;
inline constexpr u64 kUserEnd = u64{1} << kAddressBits;
inline constexpr u64 kLowestCode = 65536;  // vm.mmap_min_addr's usual value
// A leaf function may keep saved registers this far below its stack pointer;
// a signal may interrupt it there.
inline constexpr u64 kRedZone = 128;

// The address of code that a saved return address stands for. Here they are the same;
// where return addresses are signed this takes the signature off.
constexpr u64 code_address(u64 saved) { return saved; }

// The kernel's rt_sigframe as its handler returns to the trampoline: ucontext
// at the stack pointer, uc_mcontext.gregs 40 bytes into it.
inline constexpr u64 kGeneralRegisters = 16;
inline constexpr u8 kSignalRegister[kGeneralRegisters] = {
    144, 136, 152, 128, 112, 104, 120, 160,  // rax rdx rcx rbx rsi rdi rbp rsp
    40,  48,  56,  64,  72,  80,  88,  96};  // r8 to r15
inline constexpr u64 kSignalFramePointer = 120;
inline constexpr u64 kSignalStackPointer = 160;
inline constexpr u64 kSignalPc = 168;

// glibc keeps the thread descriptor, and in it its own address, at fs:0; for
// threads that it made it lies at the upper end of their stack's mapping.
inline u64 thread_pointer() {
    u64 value;
    asm("movq %%fs:0, %0" : "=r"(value));
    return value;
}

// mov $15,%rax; syscall = rt_sigreturn. Debuggers and unwinders know a signal
// frame by these bytes, so every C library and Go keep to them.
inline constexpr u64 kTrampolineSize = 9;
bool is_signal_trampoline(const u8* code);

// Does a call instruction end right before `end`? Looks at kLongestCall bytes.
inline constexpr u64 kLongestCall = 7;
bool ends_with_call(const u8* end);

}  // namespace mt::runtime::stack::machine

#endif
