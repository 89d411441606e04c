// SPDX-License-Identifier: MIT
//
// One row per thread that ever had a traced event, with its totals: what its
// shard counts while it has the shard. So an event writes nothing here.
#ifndef MEMTRACE_TABLE_THREADS_H
#define MEMTRACE_TABLE_THREADS_H

#include "abi/layout.h"

namespace mt::runtime {

// A new row for a thread. When all rows are used, `ended` (the row of a thread
// that ended, or nullptr) is folded into row 0 and filled anew. nullptr: none
// to be had (counted).
abi::Thread* add_thread(abi::u32 tid, const char (&name)[16], abi::Thread* ended);
// As if there had been none (forget_header).
void forget_threads();
// 16 bytes, zero padded.
void name_thread(abi::Thread& row, const char (&name)[16]);

// From now on the shard, of a state of `generation`, counts for this thread.
void begin_counting(abi::Thread& row, abi::u32 generation, const abi::Shard& shard);
// The thread has ended: what it counted stays in its row.
void end_counting(abi::Thread& row, const abi::Shard& shard);

}  // namespace mt::runtime

#endif
