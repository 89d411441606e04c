// SPDX-License-Identifier: MIT
//
// report: a page with pictures, to a file.
#ifndef MEMTRACE_CORE_COMMAND_PAGE_VERBS_H
#define MEMTRACE_CORE_COMMAND_PAGE_VERBS_H

#include <string_view>
#include <vector>

#include "command/front.h"

namespace mt::core {

Result<void> run_report(Front& front);

inline constexpr std::string_view kReportDetails =
    "One HTML file that needs no network: flame graph, treemap, table, and what is known of\n"
    "sizes, types, threads and scopes; live, peak and total by a switch. Without SNAPSHOT: the\n"
    "last one, or where there is none the process as it is now. --diff OLD NEW is as mt diff.";

std::vector<Option> page_options();

}  // namespace mt::core

#endif
