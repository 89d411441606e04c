// SPDX-License-Identifier: MIT
//
// A single traceback out of the depot, for a stop that cannot wait for all of them.
#ifndef MEMTRACE_CORE_READ_TRACEBACK_H
#define MEMTRACE_CORE_READ_TRACEBACK_H

#include <cstdint>

#include "model/error.h"
#include "model/snapshot.h"
#include "source/memory.h"

namespace mt::core {

// A table with the modules and with this one trace, which has no figures.
Result<Table> read_traceback(Memory& memory, const Status& status, std::uint32_t stack);

}  // namespace mt::core

#endif
