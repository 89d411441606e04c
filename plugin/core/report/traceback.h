// SPDX-License-Identifier: MIT
//
// How a report's tracebacks are to be shown: what a command asked for, for all renderers.
#ifndef MEMTRACE_CORE_REPORT_TRACEBACK_H
#define MEMTRACE_CORE_REPORT_TRACEBACK_H

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace mt::core {

// Source text of a line without its end; empty when there is none.
using SourceLine = std::function<std::string(const std::string& file, std::uint32_t line)>;

struct TracebackFormat {
    std::optional<std::int64_t> limit;  // n > 0: the n most recent frames; n < 0: the -n oldest
    bool most_recent_first = false;
    bool functions = false;  // ", in FUNCTION" after the line
    SourceLine source_line;  // may be empty: no source lines
};

}  // namespace mt::core

#endif
