// SPDX-License-Identifier: MIT
//
// From an entry of the unwind tables and an address to the row that holds there. Runs
// the call frame program (DWARF 5, 6.4) but follows only what a walk needs.
#ifndef MEMTRACE_STACK_CFI_H
#define MEMTRACE_STACK_CFI_H

#include "stack/frame_table.h"
#include "stack/machine.h"
#include "stack/row.h"

namespace mt::runtime::stack {

// False: the program cannot be understood. The entry covers `pc`.
// `followed` is the register that row.bp is about: the frame pointer, or another.
bool find_row(const Entry& entry, u64 pc, Row& row, u64 followed = machine::kFramePointer);

}  // namespace mt::runtime::stack

#endif
