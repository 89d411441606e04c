// SPDX-License-Identifier: MIT
//
// What filter_traces() keeps of a held snapshot. The blocks stay where they are:
// filters are decided once per traceback. Writes no answer.
#ifndef MEMTRACE_CORE_QUERY_SELECTION_H
#define MEMTRACE_CORE_QUERY_SELECTION_H

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "query/queries.h"

namespace mt::core {

// Which tracebacks the filters keep, by their places in TracesOfBlocks.
Result<std::vector<bool>> kept_traces(Queries& queries, Resolver& resolver, const Held& held,
                                      const std::vector<FilterList>& filters);

// Fills held.order and held.selected. `key`: equal for equal filters.
Result<void> select(Queries& queries, const Named& named, Held& held, const std::string& key,
                    const std::vector<FilterList>& filters);

// The snapshot's table, or a copy that holds what the filters keep and nothing else.
Result<std::shared_ptr<Table>> filtered_table(Queries& queries, const Named& named,
                                              const Held& held,
                                              const std::vector<FilterList>& filters);

}  // namespace mt::core

#endif
