// SPDX-License-Identifier: MIT
//
// What is alive of the blocks that calls allocated: by the stamps that blocks have, and
// the marks between which a call lay. Groups nothing.
// Errors: interrupted only.
#ifndef MEMTRACE_CORE_ANALYSE_ALIVE_H
#define MEMTRACE_CORE_ANALYSE_ALIVE_H

#include <memory>
#include <vector>

#include "model/error.h"
#include "model/poll.h"
#include "model/scope.h"
#include "model/snapshot.h"

namespace mt::core {

// Fills in ScopeCall::alive_* of those that the table can tell of.
Result<void> count_alive(const Table& table, std::vector<ScopeCall>& calls,
                         const Interrupted& interrupted);

// The table with the blocks of these calls only.
Result<std::shared_ptr<Table>> only_alive(const Table& table, const std::vector<ScopeCall>& calls,
                                          const Interrupted& interrupted);

}  // namespace mt::core

#endif
