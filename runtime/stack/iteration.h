// SPDX-License-Identifier: MIT
//
// The second way to find an object. It asks the loader by dl_iterate_phdr whether
// anything was loaded or unloaded since the last time, which takes the loader's list lock
// for an instant; it sees the program's own namespace only, not dlmopen's others.
#ifndef MEMTRACE_STACK_ITERATION_H
#define MEMTRACE_STACK_ITERATION_H

#include "stack/object.h"

namespace mt::runtime::stack {

bool find_object_by_iteration(u64 address, Object& object);

}  // namespace mt::runtime::stack

#endif
