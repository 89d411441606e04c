// SPDX-License-Identifier: MIT
//
// Names for eyes: as people write them, without what a terminal would obey, not too long. What
// programs read (JSON, exports) has them whole.
#ifndef MEMTRACE_CORE_SHOW_NAMES_H
#define MEMTRACE_CORE_SHOW_NAMES_H

#include <cstddef>
#include <string>
#include <string_view>

#include "analyse/frames.h"
#include "symbols/frame.h"

namespace mt::core {

inline constexpr std::size_t kLongestShown = 200;

// At most `width` columns.
std::string function_text(std::string_view function, std::size_t width = kLongestShown);

// What a row is called without its line: a file, FILE:FUNCTION, MODULE(FUNCTION), a thread, …
struct RowName {
    std::string_view before;    // "FILE:", "MODULE(", or all of it
    std::string_view function;  // may be empty
    std::string_view after;     // ")"
};
RowName name_of_row(const FrameBook& book, const RowFrame& row);

}  // namespace mt::core

#endif
