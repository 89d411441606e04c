// SPDX-License-Identifier: MIT
//
// How figures that were estimated from a sample are marked, so that nobody takes
// them for exact. Estimates nothing itself (read/sums.h).
#ifndef MEMTRACE_CORE_SHOW_ESTIMATE_H
#define MEMTRACE_CORE_SHOW_ESTIMATE_H

#include <cstdint>
#include <string>

#include "model/snapshot.h"

namespace mt::core {

// No more than this is the standard error, in bytes, of a size that was estimated
// from `samples` blocks, whatever their sizes.
double error_of(std::int64_t samples, std::uint64_t sample_bytes);

// " (estimate: 12 samples, +/-29 %)"; empty when there is no sample: exact.
std::string estimate_text(std::int64_t size, std::int64_t samples, std::uint64_t sample_bytes);

// ", sampled every 512 KiB"; empty when every allocation is recorded.
std::string sampled_text(std::uint64_t sample_bytes);

// `samples`: behind all rows. `whole`: the report is about all that is traced, so
// that its total is known.
Remark sampled_remark(std::int64_t samples, std::uint64_t sample_bytes, bool whole);
// Of single blocks: so many are not in the sample. `left_out`: a filter does not keep them.
Remark not_sampled_remark(std::uint64_t blocks, std::uint64_t sample_bytes, bool left_out);

}  // namespace mt::core

#endif
