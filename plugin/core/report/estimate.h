// SPDX-License-Identifier: MIT
//
// What reports say of figures that were estimated from a sample, so that nobody takes them
// for exact. Estimates nothing itself (read/sums.h).
#ifndef MEMTRACE_CORE_REPORT_ESTIMATE_H
#define MEMTRACE_CORE_REPORT_ESTIMATE_H

#include <cstdint>

#include "model/snapshot.h"

namespace mt::core {

// No more than this is the standard error, in bytes, of a size that was estimated
// from `samples` blocks, whatever their sizes.
double error_of(std::int64_t samples, std::uint64_t sample_bytes);

// `samples`: behind all rows. `whole`: the report is about all that is traced, so
// that its total is known.
Remark sampled_remark(std::int64_t samples, std::uint64_t sample_bytes, bool whole);
// Of single blocks: so many are not in the sample. `left_out`: a filter does not keep them.
Remark not_sampled_remark(std::uint64_t blocks, std::uint64_t sample_bytes, bool left_out);

}  // namespace mt::core

#endif
