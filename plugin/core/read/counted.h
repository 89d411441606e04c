// SPDX-License-Identifier: MIT
//
// The totals of one thread, or of the process, at this stop: a few small reads, for
// a breakpoint that is hit often. O(threads), whatever was traced.
#ifndef MEMTRACE_CORE_READ_COUNTED_H
#define MEMTRACE_CORE_READ_COUNTED_H

#include <cstdint>
#include <optional>

#include "model/error.h"
#include "model/scope.h"
#include "source/memory.h"

namespace mt::core {

// `status` says where the table is. `tid`: the thread's system id; none: the process,
// which is exact while all its threads stand.
Result<Counted> read_counted(Memory& memory, const Status& status,
                             std::optional<std::uint64_t> tid);

}  // namespace mt::core

#endif
