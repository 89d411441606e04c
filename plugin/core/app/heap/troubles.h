// SPDX-License-Identifier: MIT
//
// What is wrong in a heap, in words: each piece that the walk left out, and sums that do not
// agree with the allocator's own.
#ifndef MEMTRACE_CORE_APP_HEAP_TROUBLES_H
#define MEMTRACE_CORE_APP_HEAP_TROUBLES_H

#include <vector>

#include "heap/heap.h"
#include "report/heap.h"

namespace mt::core {

// What the walk left out, in order of address, then lists that break off, then sums.
std::vector<HeapTrouble> troubles_of(const heap::Heap& heap);

}  // namespace mt::core

#endif
