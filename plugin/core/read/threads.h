// SPDX-License-Identifier: MIT
//
// The rows of threads and their totals: a running thread's stand in its shard.
#ifndef MEMTRACE_CORE_READ_THREADS_H
#define MEMTRACE_CORE_READ_THREADS_H

#include <cstdint>
#include <vector>

#include "model/snapshot.h"
#include "read/anchor.h"
#include "read/counters.h"

namespace mt::core {

// `known` are rows that some thread's context names: they must have been filled.
bool read_threads(Reading& reading, const Anchor& anchor, const Counters& counters,
                  const std::vector<std::uint64_t>& known, Table& table);

}  // namespace mt::core

#endif
