// SPDX-License-Identifier: MIT
//
// One traceback as text and as JSON: tracemalloc's Traceback.format() and frames
// with all that is known of them. Decides nothing about rows and figures.
#ifndef MEMTRACE_CORE_SHOW_TRACEBACK_H
#define MEMTRACE_CORE_SHOW_TRACEBACK_H

#include <cstdint>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "analyse/statistics.h"
#include "symbols/frame.h"

namespace mt::core {

// Source text of a line without its end; empty when there is none.
using SourceLine = std::function<std::string(const std::string& file, std::uint32_t line)>;

struct TracebackFormat {
    std::optional<std::int64_t> limit;  // n > 0: the n most recent frames; n < 0: the -n oldest
    bool most_recent_first = false;
    bool functions = false;  // ", in FUNCTION" after the line
    SourceLine source_line;  // may be empty: no source lines
};

// "FILE:LINE" as a row begins, without ":LINE".
std::string row_name(const FrameBook& book, const RowFrame& row);

// `  File "NAME", line N` and the source line, for each frame. `traceback` is most
// recent first.
std::string traceback_text(const FrameBook& book, const TracebackFormat& format,
                           const std::vector<RowFrame>& traceback);
// "    SOURCE" of one frame, with its end; or empty.
std::string source_text(const FrameBook& book, const SourceLine& source_line,
                        const RowFrame& frame);

// Frames, most recent first: file, line, function, module, offset.
nlohmann::ordered_json traceback_json(const FrameBook& book, KeyType key,
                                      const std::vector<RowFrame>& traceback);

}  // namespace mt::core

#endif
