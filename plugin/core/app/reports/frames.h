// SPDX-License-Identifier: MIT
//
// The frames of one traceback as reports show them. Chooses nothing.
#ifndef MEMTRACE_CORE_APP_REPORTS_FRAMES_H
#define MEMTRACE_CORE_APP_REPORTS_FRAMES_H

#include <vector>

#include "abi/layout.h"
#include "analyse/frames.h"
#include "model/error.h"

namespace mt::core {

// Frames that a traceback can have under this limit of a table; 0: as recorded.
inline std::size_t most_frames(std::uint16_t limit) { return limit == 0 ? abi::kMaxFrames : limit; }

// At most `frames`. Errors: interrupted only.
inline Result<std::vector<RowFrame>> row_frames(FrameWalk& walk, const FrameBook& book,
                                                const Trace& trace, std::size_t frames, bool raw) {
    const std::vector<TraceFrame>* found = MT_TRY(walk.frames(trace, frames));
    std::vector<RowFrame> rows;
    for (const TraceFrame& at : *found) rows.push_back(row_of(book, at, raw));
    return rows;
}

}  // namespace mt::core

#endif
