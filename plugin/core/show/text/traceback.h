// SPDX-License-Identifier: MIT
//
// One traceback as text: tracemalloc's Traceback.format(). Decides nothing about rows and
// figures.
#ifndef MEMTRACE_CORE_SHOW_TEXT_TRACEBACK_H
#define MEMTRACE_CORE_SHOW_TEXT_TRACEBACK_H

#include <string>
#include <vector>

#include "analyse/frames.h"
#include "report/traceback.h"

namespace mt::core {

// "FILE:LINE" as a row begins, without ":LINE".
std::string row_name(const FrameBook& book, const RowFrame& row);

// As many frames as are shown, in the order of the lines. `traceback` is most recent first.
std::vector<RowFrame> shown_frames(const TracebackFormat& format,
                                   const std::vector<RowFrame>& traceback);

// `  File "NAME", line N` and the source line, for each frame. `traceback` is most
// recent first.
std::string traceback_text(const FrameBook& book, const TracebackFormat& format,
                           const std::vector<RowFrame>& traceback);
// "    SOURCE" of one frame, with its end; or empty.
std::string source_text(const FrameBook& book, const SourceLine& source_line,
                        const RowFrame& frame);

}  // namespace mt::core

#endif
