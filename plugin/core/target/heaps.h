// SPDX-License-Identifier: MIT
//
// The heap of a process that need not have the runtime: found by its allocator's own memory, and
// as a table of blocks without tracebacks, so that whoever needs none works on it, too.
#ifndef MEMTRACE_CORE_TARGET_HEAPS_H
#define MEMTRACE_CORE_TARGET_HEAPS_H

#include <vector>

#include "heap/heap.h"
#include "model/error.h"
#include "model/poll.h"
#include "model/snapshot.h"
#include "target/debugger.h"

namespace mt::core {

// Each malloc of the process. An error where none is found that is known: it names whose
// allocator the process has loaded instead.
Result<std::vector<heap::Heap>> find_heaps(Debugger& debugger, Memory& memory,
                                           const Interrupted& interrupted);

// The blocks of all of them, with what malloc set aside as their size; modules as the memory map
// has them. Takes 24 bytes a block.
Result<Table> table_of_heaps(const std::vector<heap::Heap>& heaps, const Target& target,
                             const std::vector<Mapping>& mappings, const Interrupted& interrupted);

}  // namespace mt::core

#endif
