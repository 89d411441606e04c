// SPDX-License-Identifier: MIT
//
// Beside the registers that a walk follows there are all those of a frame that a
// signal interrupted: code that is about to align its stack counts its frame from
// another one for some instructions.
#include "stack/frame.h"

#include "os/readable.h"
#include "stack/machine.h"

namespace mt::runtime::stack {

bool read_register(const Frame& frame, u64 number, u64& value) {
    switch (number) {
        case machine::kStackPointer:
            value = frame.sp;
            return true;
        case machine::kReturnAddress:
            value = frame.pc - 1;
            return true;
        case machine::kFramePointer:
            value = frame.bp;
            return frame.bp != 0;
        default:
            break;
    }
    if (number == frame.extra_number && frame.extra_known) {
        value = frame.extra;
        return true;
    }
    if (frame.context == 0 || number >= machine::kGeneralRegisters) return false;
    const u64 address = frame.context + machine::kSignalRegister[number];
    if (address % 8 != 0 || !os::are_readable(address, 8)) return false;
    value = *reinterpret_cast<const volatile u64*>(address);
    return true;
}

}  // namespace mt::runtime::stack
