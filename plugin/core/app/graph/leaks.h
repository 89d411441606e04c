// SPDX-License-Identifier: MIT
//
// mt leaks: which live blocks the program cannot come to any more, and by which of them the
// others were lost.
#ifndef MEMTRACE_CORE_APP_GRAPH_LEAKS_H
#define MEMTRACE_CORE_APP_GRAPH_LEAKS_H

#include <memory>
#include <string>
#include <vector>

#include "analyse/suppressions.h"
#include "app/graph/heap_graph.h"
#include "app/reports/rows.h"
#include "app/session.h"
#include "app/view.h"
#include "model/error.h"
#include "report/blocks.h"
#include "report/leaks.h"

namespace mt::core {

struct LeaksWanted {
    std::vector<LeakKind> kinds = {LeakKind::definite};
    graph::PointerRules rules;
    Suppressions suppressions;
};

struct MadeLeaks {
    LeaksReport report;
    MadeReport made;  // whose rows the report has taken; for remember()
};

// As rows.
Result<MadeLeaks> leaks_of(Session& session, const LeaksWanted& wanted, View view);
// The same blocks one by one, largest first.
Result<BlocksReport> leaked_blocks(Session& session, const LeaksWanted& wanted, View view);

}  // namespace mt::core

#endif
