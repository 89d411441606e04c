// SPDX-License-Identifier: MIT
//
// Beside the registers that a walk follows there are all those of a frame that a
// signal interrupted: code that is about to align its stack counts its frame from
// another one for some instructions.
#include "stack/frame.h"

#include "os/readable.h"

namespace mt::runtime::stack {

bool read_register(const Frame& frame, u64 number, u64& value) {
    if (machine::is_followed(number)) return machine::read_register(frame, number, value);
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
