// SPDX-License-Identifier: MIT
//
// See entry.h.
#include "app/scopes/entry.h"

#include <algorithm>

#include "symbols/name.h"

namespace mt::core {

std::optional<Entry> entry_of(const std::vector<Activation>& frames, std::string_view function) {
    const auto is_real = [](const Activation& frame) { return !frame.is_inlined; };
    const auto own = std::find_if(frames.begin(), frames.end(), is_real);
    // Another function that begins with it may be the one that was inlined there.
    const bool is_inlined = std::any_of(frames.begin(), own, [&](const Activation& frame) {
        return simple_name(frame.function) == simple_name(function);
    });
    if (is_inlined) return Entry{true};
    if (own == frames.end()) return std::nullopt;
    const auto caller = std::find_if(own + 1, frames.end(), is_real);
    if (caller == frames.end()) return std::nullopt;
    return Entry{false, caller->sp, caller->pc};
}

}  // namespace mt::core
