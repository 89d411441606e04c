// SPDX-License-Identifier: MIT
//
// What mt block and mt blocks share: a block with its names. Chooses no blocks.
#ifndef MEMTRACE_CORE_COMMAND_SHOWN_BLOCKS_H
#define MEMTRACE_CORE_COMMAND_SHOWN_BLOCKS_H

#include <vector>

#include "analyse/frames.h"
#include "model/error.h"
#include "model/snapshot.h"
#include "show/block_report.h"

namespace mt::core {

// `trace`: the block's. At most `frames` of its traceback. Errors: interrupted only.
Result<ShownBlock> shown_block(FrameWalk& walk, const FrameBook& book, const Table& table,
                               const Block& block, const Trace& trace, std::size_t frames,
                               bool raw);

// As they are shown. Errors: interrupted only.
Result<std::vector<RowFrame>> row_frames(FrameWalk& walk, const FrameBook& book, const Trace& trace,
                                         std::size_t frames, bool raw);

}  // namespace mt::core

#endif
