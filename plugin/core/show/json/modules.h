// SPDX-License-Identifier: MIT
//
// The JSON of mt modules.
#ifndef MEMTRACE_CORE_SHOW_JSON_MODULES_H
#define MEMTRACE_CORE_SHOW_JSON_MODULES_H

#include "report/modules.h"
#include "show/json/document.h"

namespace mt::core {

Json json_of(const ModulesReport& report);

}  // namespace mt::core

#endif
