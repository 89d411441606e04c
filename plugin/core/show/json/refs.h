// SPDX-License-Identifier: MIT
//
// Who points to whom, as JSON.
#ifndef MEMTRACE_CORE_SHOW_JSON_REFS_H
#define MEMTRACE_CORE_SHOW_JSON_REFS_H

#include "report/refs.h"
#include "show/json/document.h"

namespace mt::core {

Json json_of(const RefsReport& report);
Json json_of(const PointsToReport& report);
Json json_of(const RetainedReport& report);

}  // namespace mt::core

#endif
