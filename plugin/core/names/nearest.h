// SPDX-License-Identifier: MIT
//
// What somebody may have meant who typed a word that there is not. Pure text; words of people's
// length only, so that it takes no time.
#ifndef MEMTRACE_CORE_NAMES_NEAREST_H
#define MEMTRACE_CORE_NAMES_NEAREST_H

#include <string>
#include <string_view>
#include <vector>

namespace mt::core {

// The one that is fewest typing mistakes away, or that contains the word; empty when none is near.
std::string nearest(std::string_view word, const std::vector<std::string>& names);

// " (did you mean NAME?)" of that one, or nothing.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& names);

}  // namespace mt::core

#endif
