// SPDX-License-Identifier: MIT
//
// The text of reports that consist of rows: tracemalloc's Statistic and StatisticDiff to the
// letter, largest first; a cut list says what was cut.
#ifndef MEMTRACE_CORE_SHOW_TEXT_ROWS_H
#define MEMTRACE_CORE_SHOW_TEXT_ROWS_H

#include <string>

#include "model/sink.h"
#include "report/rows.h"

namespace mt::core {

// `summary`: lines between the total and the remarks.
Result<void> write_text(const StatisticsReport& report, const Sink& sink,
                        const std::string& summary = "");
Result<void> write_text(const DifferenceReport& report, const Sink& sink);

}  // namespace mt::core

#endif
