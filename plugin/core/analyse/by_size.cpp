// SPDX-License-Identifier: MIT
//
// See by_size.h.
#include "analyse/by_size.h"

#include <fmt/format.h>

#include "model/text.h"

namespace mt::core {

std::string size_title(const SizeRange& range) {
    if (range.least == range.most) return fmt::format("{} B", range.least);
    // The next power of two, which after the last one no integer holds.
    const double next = 2 * static_cast<double>(range.least);
    return fmt::format("{} to below {}", format_size(static_cast<double>(range.least)),
                       format_size(next));
}

}  // namespace mt::core
