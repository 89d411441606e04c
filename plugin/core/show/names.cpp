// SPDX-License-Identifier: MIT
//
// See names.h.
#include "show/names.h"

#include "model/text.h"
#include "names/shorten.h"
#include "names/simplify.h"

namespace mt::core {

std::string function_text(std::string_view function, std::size_t width) {
    return shortened(escaped(simplified(function)), width);
}

RowName name_of_row(const FrameBook& book, const RowFrame& row) {
    const std::string_view label = book.text(row.label);
    const std::string_view function = book.text(row.function.value_or(0));
    if (function.empty() || label.size() <= function.size()) return {label, {}, {}};
    // FrameBook makes them so.
    for (const std::string_view after : {"", ")"}) {
        const std::size_t around = function.size() + after.size();
        if (label.size() <= around || !label.ends_with(after)) continue;
        const std::string_view before = label.substr(0, label.size() - around);
        if (label.substr(before.size(), function.size()) != function) continue;
        if (before.back() == (after.empty() ? ':' : '(')) return {before, function, after};
    }
    return {label, {}, {}};
}

}  // namespace mt::core
