// SPDX-License-Identifier: MIT
//
// The operations take_snapshot, make_snapshot, kept_snapshot, release.
#ifndef MEMTRACE_CORE_QUERY_SNAPSHOT_QUERIES_H
#define MEMTRACE_CORE_QUERY_SNAPSHOT_QUERIES_H

#include "query/operation.h"

namespace mt::core {

const std::vector<Operation>& snapshot_operations();

}  // namespace mt::core

#endif
