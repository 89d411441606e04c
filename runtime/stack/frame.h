// SPDX-License-Identifier: MIT
//
// All that a walk knows of one frame. All values come from memory that may hold
// anything.
#ifndef MEMTRACE_STACK_FRAME_H
#define MEMTRACE_STACK_FRAME_H

#include "stack/window.h"

namespace mt::runtime::stack {

inline constexpr u8 kNoRegister = 0xff;

struct Frame : machine::Registers {
    u64 context;  // where the kernel stored all registers of an interrupted frame; else 0
    // One more register, by its DWARF number, for walks that meet a frame that
    // counts from it.
    u64 extra;
    u8 extra_number;
    bool extra_known;
    u8 missing;  // a register that was asked for and not known; kNoRegister = none
};

// A register by its DWARF number; false = not known of this frame.
bool read_register(const Frame& frame, u64 number, u64& value);

}  // namespace mt::runtime::stack

#endif
