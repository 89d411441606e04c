// SPDX-License-Identifier: MIT
//
// mt modules.
#ifndef MEMTRACE_CORE_APP_REPORTS_MODULES_H
#define MEMTRACE_CORE_APP_REPORTS_MODULES_H

#include <string>

#include "app/session.h"
#include "model/error.h"
#include "report/modules.h"

namespace mt::core {

// `glob`: of paths or names; null: all. Files are looked for anew.
Result<ModulesReport> modules_of(Session& session, const std::string* glob, bool verbose);

}  // namespace mt::core

#endif
