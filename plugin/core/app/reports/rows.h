// SPDX-License-Identifier: MIT
//
// Reports of one table: mt snapshot, stats, peak. A report can be shown, and afterwards
// remembered for mt traceback; nothing is kept before that, so that one that is interrupted
// leaves no trace.
#ifndef MEMTRACE_CORE_APP_REPORTS_ROWS_H
#define MEMTRACE_CORE_APP_REPORTS_ROWS_H

#include <memory>
#include <string>

#include "app/session.h"
#include "app/view.h"
#include "model/error.h"
#include "report/rows.h"

namespace mt::core {

// A report, and what it was made of.
struct MadeReport {
    StatisticsReport report;
    std::shared_ptr<Table> table;
    Grouping grouping;
};

// `process`: the table's own, or null when it is gone.
Result<MadeReport> make_report(Session& session, std::string command, std::shared_ptr<Table> table,
                               const Process* process, View view);
// After it has been shown.
void remember(Session& session, MadeReport made);

// A new snapshot, not kept yet. `blocks`: with single blocks also where the view needs none.
Result<MadeReport> take_snapshot(Session& session, View view, bool blocks);
// Of a kept one; null: the last.
Result<MadeReport> statistics_of(Session& session, const std::string* snapshot, View view,
                                 bool blocks);
// What the peak was made of. `reset`: the report shows it as if peak := current; who has
// shown it calls reset_peak() (app/tracing.h).
Result<MadeReport> peak_report(Session& session, View view, bool reset);
// All rows by traceback, for a file.
Result<StatisticsReport> whole_report(Session& session, const Kept& kept, bool raw);

}  // namespace mt::core

#endif
