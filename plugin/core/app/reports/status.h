// SPDX-License-Identifier: MIT
//
// mt status.
#ifndef MEMTRACE_CORE_APP_REPORTS_STATUS_H
#define MEMTRACE_CORE_APP_REPORTS_STATUS_H

#include "app/session.h"
#include "model/error.h"
#include "report/lists.h"

namespace mt::core {

// Without a runtime to look at, a start that waits is the status.
Result<StatusReport> status_of(Session& session);

}  // namespace mt::core

#endif
