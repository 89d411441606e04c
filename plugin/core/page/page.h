// SPDX-License-Identifier: MIT
//
// mt report's page: one HTML file that needs nothing else. Names are the traced program's: in the
// page they are JSON strings that no markup can begin or end in, bounded. Makes no report.
#ifndef MEMTRACE_CORE_PAGE_PAGE_H
#define MEMTRACE_CORE_PAGE_PAGE_H

#include <string>
#include <string_view>

#include "model/error.h"
#include "model/sink.h"
#include "report/page.h"

namespace mt::core {

inline constexpr std::size_t kLongestPageText = 400;   // characters
inline constexpr std::size_t kMostSourceLines = 3000;  // the largest first

// An error where this was built without the page.
Result<void> check_page();
Result<void> write_page(const PageReport& report, const Sink& sink);
// The page's data alone, one JSON document (docs/report.md).
Result<void> write_page_data(const PageReport& report, const Sink& sink);

// A JSON string: printable, at most kLongestPageText characters with the middle left out, and
// without <, > and &.
std::string page_string(std::string_view text);

}  // namespace mt::core

#endif
