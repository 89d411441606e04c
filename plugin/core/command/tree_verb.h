// SPDX-License-Identifier: MIT
//
// mt tree.
#ifndef MEMTRACE_CORE_COMMAND_TREE_VERB_H
#define MEMTRACE_CORE_COMMAND_TREE_VERB_H

#include <vector>

#include "command/front.h"

namespace mt::core {

std::vector<Option> tree_options();
Result<void> run_tree(Front& front);

inline constexpr std::string_view kTreeDetails =
    "Of the rows of the last report: a snapshot, the peak, a diff, leaks, what is alive of a\n"
    "scope's calls; without one of what is live now. now, peak, leaks and diff make theirs\n"
    "first. NODE is a number of the last tree: what is below it.";

}  // namespace mt::core

#endif
