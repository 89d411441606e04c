// SPDX-License-Identifier: MIT
//
// What an unwind table says of one address: where the frame begins, and where the
// caller's frame pointer and return address are. Data only.
#ifndef MEMTRACE_STACK_ROW_H
#define MEMTRACE_STACK_ROW_H

#include "stack/bytes.h"

namespace mt::runtime::stack {

enum class FrameBy : u8 { stack_pointer, frame_pointer, other_register, expression, unsupported };
enum class SavedAs : u8 {
    same,           // the caller's value is still in the register
    at_offset,      // at frame + offset
    is_offset,      // is frame + offset
    at_expression,  // at the address that the expression gives
    is_expression,  // is what the expression gives
    in_register,    // in the register that the offset names
    undefined,      // lost; of the return address: there is no caller
    unsupported,
};

// The row of the unwind table that holds at an address. An offset of something
// that is by expression is the distance of its length byte from the table's start.
struct Row {
    i32 frame_offset;
    i32 bp_offset;
    i32 ra_offset;
    FrameBy frame;
    u8 frame_register;  // of other_register
    SavedAs bp;
    SavedAs ra;
};

}  // namespace mt::runtime::stack

#endif
