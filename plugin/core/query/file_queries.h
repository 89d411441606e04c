// SPDX-License-Identifier: MIT
//
// The operations dump and load.
#ifndef MEMTRACE_CORE_QUERY_FILE_QUERIES_H
#define MEMTRACE_CORE_QUERY_FILE_QUERIES_H

#include "query/operation.h"

namespace mt::core {

const std::vector<Operation>& file_operations();

}  // namespace mt::core

#endif
