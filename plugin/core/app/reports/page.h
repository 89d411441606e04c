// SPDX-License-Identifier: MIT
//
// mt report: what goes into the page. Makes reports of other commands and turns their tracebacks
// into one tree; writes nothing.
#ifndef MEMTRACE_CORE_APP_REPORTS_PAGE_H
#define MEMTRACE_CORE_APP_REPORTS_PAGE_H

#include <string>

#include "app/reports/page_tree.h"
#include "app/session.h"
#include "model/error.h"
#include "report/page.h"

namespace mt::core {

// `snapshot`: null = the last one, or where there is none the process as it is now.
Result<PageReport> page_of_snapshot(Session& session, const std::string* snapshot, bool raw,
                                    const PageLimits& limits = {});
// What the peak was made of, first.
Result<PageReport> page_of_peak(Session& session, bool raw, const PageLimits& limits = {});
// `old`: null = the last snapshot; `now`: null = the process as it is now.
Result<PageReport> page_of_difference(Session& session, const std::string* old,
                                      const std::string* now, bool raw,
                                      const PageLimits& limits = {});
// Blocks that the program has lost.
Result<PageReport> page_of_leaks(Session& session, bool raw, const PageLimits& limits = {});

}  // namespace mt::core

#endif
