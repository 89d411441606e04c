// SPDX-License-Identifier: MIT
//
// status, snapshot, stats, peak, diff, traceback: the verbs that report.
#ifndef MEMTRACE_CORE_COMMAND_REPORT_VERBS_H
#define MEMTRACE_CORE_COMMAND_REPORT_VERBS_H

#include "command/front.h"

namespace mt::core {

Result<void> run_status(Front& front);
Result<void> run_snapshot(Front& front);
Result<void> run_stats(Front& front);
Result<void> run_peak(Front& front);
Result<void> run_diff(Front& front);
Result<void> run_traceback(Front& front);

}  // namespace mt::core

#endif
