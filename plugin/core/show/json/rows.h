// SPDX-License-Identifier: MIT
//
// The JSON of reports that consist of rows.
#ifndef MEMTRACE_CORE_SHOW_JSON_ROWS_H
#define MEMTRACE_CORE_SHOW_JSON_ROWS_H

#include "model/sink.h"
#include "report/rows.h"

namespace mt::core {

Result<void> write_json(const StatisticsReport& report, const Sink& sink);
Result<void> write_json(const DifferenceReport& report, const Sink& sink);

}  // namespace mt::core

#endif
