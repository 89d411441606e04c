// SPDX-License-Identifier: MIT
//
// What the blocks of a table are of: by the functions that asked for them, else by the vtable
// that a block begins with, else by what the code at the place that asked does with it. Needs the
// process's memory as it was when the table was read.
#ifndef MEMTRACE_CORE_APP_TYPES_H
#define MEMTRACE_CORE_APP_TYPES_H

#include "app/view.h"
#include "model/error.h"
#include "target/debuggee.h"

namespace mt::core {

// Fills table.types and block_types. O(blocks). Errors: interrupted only.
Result<void> find_types(Debuggee& debuggee, const Process& process, Table& table);

// What --type and --by type mean for a table; `whose` for messages. Fills view.grouping.
Result<void> choose_types(const FrameBook& book, const Table& table, const std::string& whose,
                          View& view);

}  // namespace mt::core

#endif
