// SPDX-License-Identifier: MIT
//
// The operations statistics and compare.
#ifndef MEMTRACE_CORE_QUERY_STATISTICS_QUERIES_H
#define MEMTRACE_CORE_QUERY_STATISTICS_QUERIES_H

#include "query/operation.h"

namespace mt::core {

const std::vector<Operation>& statistics_operations();

}  // namespace mt::core

#endif
