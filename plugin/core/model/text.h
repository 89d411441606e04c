// SPDX-License-Identifier: MIT
//
// tracemalloc's text formats, to the letter, and what makes foreign names safe
// to print. Decides nothing about what is shown.
#ifndef MEMTRACE_CORE_MODEL_TEXT_H
#define MEMTRACE_CORE_MODEL_TEXT_H

#include <cstdint>
#include <string>
#include <string_view>

namespace mt::core {

// "279 KiB"; tracemalloc's rounding. `sign`: always with + or -.
std::string format_size(double bytes, bool sign = false);
inline std::string format_size(std::int64_t bytes) {
    return format_size(static_cast<double>(bytes));
}

// "size=279 KiB, count=3002"
std::string format_figures(std::int64_t size, std::int64_t count);
// "size=279 KiB, count=3002, average=95 B"; without average when count is 0
std::string format_statistic(std::int64_t size, std::int64_t count);
// "size=5002 B (+5000 B), count=2 (+1)", and the average if `average` and there is one
std::string format_difference(std::int64_t size, std::int64_t size_diff, std::int64_t count,
                              std::int64_t count_diff, bool average);

// Nothing that a terminal would obey: control characters, direction overrides
// and bytes that are no UTF-8 become \xNN. Ends where `text` ends.
std::string escaped(std::string_view text);

// Escaped, and shortened in the middle to 200 characters.
std::string printable(std::string_view text);

}  // namespace mt::core

#endif
