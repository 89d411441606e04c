// SPDX-License-Identifier: MIT
//
// One row per thread that ever had a traced event, with its totals.
#ifndef MEMTRACE_TABLE_THREADS_H
#define MEMTRACE_TABLE_THREADS_H

#include "abi/layout.h"

namespace mt::runtime {

// A new row for a thread. When all rows are used, `ended` (the row of a thread
// that ended, or nullptr) is folded into row 0 and filled anew. nullptr: none
// to be had (counted).
abi::Thread* add_thread(abi::u32 tid, abi::Thread* ended);

// Totals of its thread in the running generation.
void count_in_thread(abi::Thread& row, abi::u32 generation, abi::u64 alloc_bytes,
                     abi::u64 alloc_count, abi::u64 free_bytes, abi::u64 free_count);

}  // namespace mt::runtime

#endif
