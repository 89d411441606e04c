// SPDX-License-Identifier: MIT
//
// Reports that consist of rows as tables: size, share, count and place, largest first; a cut list
// says what was cut. The numbers are those that mt traceback takes.
#ifndef MEMTRACE_CORE_SHOW_TABLE_ROWS_H
#define MEMTRACE_CORE_SHOW_TABLE_ROWS_H

#include <string>

#include "model/sink.h"
#include "report/rows.h"
#include "show/renderer.h"

namespace mt::core {

// `summary`: lines between the total and the remarks.
Result<void> write_table(const StatisticsReport& report, const TableFormat& format,
                         const Sink& sink, const std::string& summary = "");
Result<void> write_table(const DifferenceReport& report, const TableFormat& format,
                         const Sink& sink);

}  // namespace mt::core

#endif
