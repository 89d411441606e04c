// SPDX-License-Identifier: MIT
//
// The operations object_traceback and source_lines.
#ifndef MEMTRACE_CORE_QUERY_LOOKUP_QUERIES_H
#define MEMTRACE_CORE_QUERY_LOOKUP_QUERIES_H

#include "query/operation.h"

namespace mt::core {

const std::vector<Operation>& lookup_operations();

}  // namespace mt::core

#endif
