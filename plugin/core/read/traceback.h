// SPDX-License-Identifier: MIT
//
// A single traceback out of the depot, for a stop that cannot wait for all of them.
#ifndef MEMTRACE_CORE_READ_TRACEBACK_H
#define MEMTRACE_CORE_READ_TRACEBACK_H

#include <cstdint>

#include "model/error.h"
#include "model/snapshot.h"
#include "read/anchor.h"
#include "source/memory.h"

namespace mt::core {

// A table with the modules and with this one trace, which has no figures.
Result<Table> read_traceback(Memory& memory, const Status& status, std::uint32_t stack);

// The same within a pass that has read the modules: makes room, then adds one trace each.
void begin_traces(Table& table);
bool read_trace(Reading& reading, const abi::Header& header, std::uint32_t id, Table& table);

}  // namespace mt::core

#endif
