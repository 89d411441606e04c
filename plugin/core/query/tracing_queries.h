// SPDX-License-Identifier: MIT
//
// The operations start, stop, clear_traces, reset_peak and the figures.
#ifndef MEMTRACE_CORE_QUERY_TRACING_QUERIES_H
#define MEMTRACE_CORE_QUERY_TRACING_QUERIES_H

#include "query/operation.h"

namespace mt::core {

const std::vector<Operation>& tracing_operations();

}  // namespace mt::core

#endif
