// SPDX-License-Identifier: MIT
//
// Pieces of text that several reports have in common.
#ifndef MEMTRACE_CORE_SHOW_TEXT_PARTS_H
#define MEMTRACE_CORE_SHOW_TEXT_PARTS_H

#include <cstdint>
#include <string>
#include <vector>

#include "model/snapshot.h"
#include "model/start.h"
#include "report/rows.h"

namespace mt::core {

// How exact the peak is stands only where a peak is shown.
std::string remarks_text(const std::vector<Remark>& remarks, bool shows_peak = false);
// "current: …" and "peak: …", the first two lines of mt peak and a part of mt status.
std::string figures_text(const Head& head);
// How a row begins: "FILE:LINE", or what else its key shows.
std::string row_title(const FrameBook& book, KeyType key, const std::vector<RowFrame>& traceback);
// " (estimate: 12 samples, +/-29 %)"; empty when there is no sample: exact.
std::string estimate_text(std::int64_t size, std::int64_t samples, std::uint64_t sample_bytes);
// ", sampled every 512 KiB"; empty when every allocation is recorded.
std::string sampled_text(std::uint64_t sample_bytes);

}  // namespace mt::core

#endif
