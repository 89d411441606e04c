// SPDX-License-Identifier: MIT
//
// The JSON of mt status, list, break and config.
#ifndef MEMTRACE_CORE_SHOW_JSON_LISTS_H
#define MEMTRACE_CORE_SHOW_JSON_LISTS_H

#include "report/lists.h"
#include "show/json/document.h"

namespace mt::core {

Json json_of(const StatusReport& report);
Json json_of(const ListReport& report);
Json json_of(const ConditionsReport& report);
Json json_of(const ConfigReport& report);

}  // namespace mt::core

#endif
