// SPDX-License-Identifier: MIT
//
// The operations traces and positions.
#ifndef MEMTRACE_CORE_QUERY_TRACES_QUERIES_H
#define MEMTRACE_CORE_QUERY_TRACES_QUERIES_H

#include "query/operation.h"

namespace mt::core {

const std::vector<Operation>& traces_operations();

}  // namespace mt::core

#endif
