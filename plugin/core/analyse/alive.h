// SPDX-License-Identifier: MIT
//
// What is alive of the blocks that calls allocated: by the stamps that blocks have, and
// the marks between which a call lay. Groups nothing.
#ifndef MEMTRACE_CORE_ANALYSE_ALIVE_H
#define MEMTRACE_CORE_ANALYSE_ALIVE_H

#include <memory>
#include <vector>

#include "model/scope.h"
#include "model/snapshot.h"

namespace mt::core {

// Fills in ScopeCall::alive_* of those that the table can tell of.
void count_alive(const Table& table, std::vector<ScopeCall>& calls);

// The table with the blocks of these calls only.
std::shared_ptr<Table> only_alive(const Table& table, const std::vector<ScopeCall>& calls);

}  // namespace mt::core

#endif
