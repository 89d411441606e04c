// SPDX-License-Identifier: MIT
//
// What threads hold in registers, from where most is known.
#ifndef MEMTRACE_CORE_TARGET_THREAD_REGISTERS_H
#define MEMTRACE_CORE_TARGET_THREAD_REGISTERS_H

#include <vector>

#include "model/error.h"
#include "source/core_file.h"
#include "target/debugger.h"

namespace mt::core {

// Of `threads`, as far as they can be read; numbered as there. `core`: null where there is none.
Result<std::vector<ThreadRegisters>> thread_registers(Debugger& debugger, const CoreFile* core,
                                                      const std::vector<ThreadAt>& threads);

}  // namespace mt::core

#endif
