// SPDX-License-Identifier: MIT
//
// The stacks behind a row of the last report: mt traceback.
#ifndef MEMTRACE_CORE_APP_REPORTS_STACKS_H
#define MEMTRACE_CORE_APP_REPORTS_STACKS_H

#include <cstddef>
#include <variant>

#include "app/session.h"
#include "app/view.h"
#include "model/error.h"
#include "report/rows.h"

namespace mt::core {

// How many rows there are to explain; an error when there are none.
Result<std::size_t> rows_to_explain(const Session& session);

// `row`: from 1. Of a difference's row what changed in its stacks.
using Stacks = std::variant<StatisticsReport, DifferenceReport>;
Result<Stacks> stacks_of(Session& session, std::size_t row, View view);

// Behind all rows together; session.last() is there.
Result<Stacks> all_stacks(Session& session, View view);

}  // namespace mt::core

#endif
