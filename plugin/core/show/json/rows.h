// SPDX-License-Identifier: MIT
//
// The JSON of reports that consist of rows.
#ifndef MEMTRACE_CORE_SHOW_JSON_ROWS_H
#define MEMTRACE_CORE_SHOW_JSON_ROWS_H

#include "model/sink.h"
#include "report/rows.h"
#include "show/json/document.h"

namespace mt::core {

// `summary`: members between the total and the remarks.
Result<void> write_json(const StatisticsReport& report, const Sink& sink,
                        const Json& summary = Json::object());
Result<void> write_json(const DifferenceReport& report, const Sink& sink);

}  // namespace mt::core

#endif
