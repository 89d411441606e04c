// SPDX-License-Identifier: MIT
//
// mt refs and mt retained: who holds a block, what it points to, and what only it holds.
#ifndef MEMTRACE_CORE_APP_GRAPH_REFS_H
#define MEMTRACE_CORE_APP_GRAPH_REFS_H

#include <cstddef>
#include <string>

#include "graph/pointers.h"
#include "model/error.h"
#include "report/refs.h"
#include "target/debuggee.h"

namespace mt::core {

struct RefsWanted {
    std::string expression;  // in the program's language; of mt retained it may be empty
    std::size_t rows = 10;   // 0 = all
    std::size_t depth = 0;   // steps of a chain; 0 = all
    graph::PointerRules rules;
};

Result<RefsReport> refs_to(Debuggee& debuggee, const RefsWanted& wanted);
Result<PointsToReport> refs_from(Debuggee& debuggee, const RefsWanted& wanted);
Result<RetainedReport> retained_by(Debuggee& debuggee, const RefsWanted& wanted);

}  // namespace mt::core

#endif
