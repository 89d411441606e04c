// SPDX-License-Identifier: MIT
//
// The registers that a walk follows on x86-64, and how unwind tables number them
// (System V psABI, 3.6.2). It loads nothing.
#ifndef MEMTRACE_STACK_X86_64_REGISTERS_H
#define MEMTRACE_STACK_X86_64_REGISTERS_H

#include "abi/layout.h"

namespace mt::runtime::stack::machine {

using abi::u16;
using abi::u64;
using abi::u8;

inline constexpr u64 kFramePointer = 6;
inline constexpr u64 kStackPointer = 7;
inline constexpr u64 kReturnAddress = 16;
// Registers that a function hands back as it found them: rbx, r12 to r15.
constexpr bool is_preserved(u64 number) { return number == 3 || (number >= 12 && number < 16); }

// Of one frame. All values come from memory that may hold anything.
struct Registers {
    u64 pc;  // a return address, or an interrupted address plus one
    u64 sp;  // as it is once the callee has returned
    u64 bp;  // 0 = lost
};

constexpr bool is_followed(u64 number) {
    return number == kStackPointer || number == kReturnAddress || number == kFramePointer;
}
// One of these by its number; false = lost.
inline bool read_register(const Registers& at, u64 number, u64& value) {
    switch (number) {
        case kStackPointer:
            value = at.sp;
            return true;
        case kReturnAddress:
            value = at.pc - 1;
            return true;
        case kFramePointer:
            value = at.bp;
            return at.bp != 0;
        default:
            return false;
    }
}

}  // namespace mt::runtime::stack::machine

#endif
