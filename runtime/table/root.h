// SPDX-License-Identifier: MIT
//
// The root in .data, where debuggers write what they ask for (abi/process.h).
#ifndef MEMTRACE_TABLE_ROOT_H
#define MEMTRACE_TABLE_ROOT_H

#include "abi/layout.h"

namespace mt::runtime {

// Hidden; exported under the name memtrace_root by an alias that no header
// declares (docs/invariants.md, "One root").
extern "C" __attribute__((visibility("hidden"))) abi::Root memtrace_root_object;
inline abi::Root& root() { return memtrace_root_object; }

}  // namespace mt::runtime

#endif
