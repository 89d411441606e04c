// SPDX-License-Identifier: MIT
//
// From raw memory to model/snapshot.h. The input is untrusted (a core may come
// from a stranger): every count, index and length is bounded before use, every
// walk has a limit that does not come from the data, every error names the
// address. Never writes, never symbolises.
#ifndef MEMTRACE_CORE_READ_READER_H
#define MEMTRACE_CORE_READ_READER_H

#include "model/error.h"
#include "model/snapshot.h"
#include "source/memory.h"

namespace mt::core {

struct ReadOptions {
    bool blocks = false;   // also copy the live blocks
    bool counters = true;  // read the shards (status alone needs only the totals)
    bool threads = false;  // also counters per traceback and thread
    bool modules = false;  // without counters: the module log all the same
    bool own = false;      // also which memory is the runtime's own
    bool unmade = false;   // also where there is no table for lack of memory
};

// Finds the root: at `symbol` if that is not 0, else by scanning the writable
// regions for the header's magic (kept pages of a truncated core, a stripped or
// deleted library). Errors: no_runtime, version, damaged, unreadable.
Result<Status> read_status(Memory& memory, std::uint64_t symbol);
// The one whose root or header is at `table`, and no other: where several are in one memory,
// or the search finds none. Errors: usage where something else is there; and as above.
Result<Status> read_status_at(Memory& memory, std::uint64_t table);

// Everything that reports need, in bulk reads: O(tracebacks), and O(blocks) only
// with options.blocks. A status without traces (not tracing, fresh) gives an
// empty table, not an error.
Result<Table> read_table(Memory& memory, const Status& status, const ReadOptions& options);

}  // namespace mt::core

#endif
