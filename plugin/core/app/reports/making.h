// SPDX-License-Identifier: MIT
//
// What reports of rows are made with: one side's rows and their total, and what a view asks
// of every report. Knows no command.
#ifndef MEMTRACE_CORE_APP_REPORTS_MAKING_H
#define MEMTRACE_CORE_APP_REPORTS_MAKING_H

#include <optional>
#include <vector>

#include "app/view.h"
#include "model/error.h"
#include "report/rows.h"
#include "target/debuggee.h"

namespace mt::core {

// Rows of one table, and the total of the traces behind them.
struct Side {
    std::vector<Statistic> rows;
    Sum total;
};
// `process`: the table's own, or null when it is gone.
Result<Side> side_of(Debuggee& debuggee, const Table& table, const Process* process,
                     const Grouping& grouping);

// All that is no figure and no row.
void fill(Debuggee& debuggee, const Process* process, const View& view, RowReport& report);

// Of filters that leave nothing: what they were, and what may have been meant.
std::optional<Remark> no_match(const FrameBook& book, const std::vector<FilterList>& filters);

// What must be read for a view; `blocks`: single blocks also where it needs none.
ReadOptions wanted(const View& view, bool blocks = false);

// What mt traceback needs of a row is its traces and its title; a hundred
// thousand tracebacks of 32 frames would be 200 MB.
template <typename Row>
std::vector<Row> without_frames(std::vector<Row> rows) {
    for (Row& row : rows) row.traceback = {row.traceback.front()};
    return rows;
}

}  // namespace mt::core

#endif
