// SPDX-License-Identifier: MIT
//
// See estimate.h.
#include "report/estimate.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "model/text.h"

namespace mt::core {

// A block of s bytes, taken with p = 1 - exp(-s / B), stands for s / p bytes, and
// adds (s / p)^2 (1 - p) to the variance. With x = s / B that is B^2 times
// (x / 2 / sinh(x / 2))^2, which is below B^2: nearly that for small blocks, next
// to nothing for large ones.
double error_of(std::int64_t samples, std::uint64_t sample_bytes) {
    return static_cast<double>(sample_bytes) *
           std::sqrt(static_cast<double>(std::max<std::int64_t>(0, samples)));
}

Remark sampled_remark(std::int64_t samples, std::uint64_t sample_bytes, bool whole) {
    return {"sampled",
            fmt::format("rows are estimates from a sample (one allocation every {} on average); "
                        "+/- is the standard error of the size; {} exact",
                        format_size(static_cast<double>(sample_bytes)),
                        whole ? "current, peak and Total are" : "current and peak are"),
            static_cast<std::uint64_t>(std::max<std::int64_t>(0, samples))};
}

Remark not_sampled_remark(std::uint64_t blocks, std::uint64_t sample_bytes, bool left_out) {
    return {left_out ? "not-sampled-left-out" : "not-sampled",
            fmt::format("{} {} not in the sample (one allocation every {} on average): who "
                        "allocated {} was not recorded{}",
                        blocks, blocks == 1 ? "block is" : "blocks are",
                        format_size(static_cast<double>(sample_bytes)), blocks == 1 ? "it" : "them",
                        left_out ? ", so the filters leave them out" : ""),
            blocks};
}

}  // namespace mt::core
