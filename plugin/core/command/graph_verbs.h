// SPDX-License-Identifier: MIT
//
// leaks, refs, retained: what the program can still come to, and by what.
#ifndef MEMTRACE_CORE_COMMAND_GRAPH_VERBS_H
#define MEMTRACE_CORE_COMMAND_GRAPH_VERBS_H

#include <string_view>
#include <vector>

#include "command/front.h"

namespace mt::core {

Result<void> run_leaks(Front& front);
Result<void> run_refs(Front& front);
Result<void> run_retained(Front& front);

inline constexpr std::string_view kLeaksDetails =
    "Searches registers, stacks, data and all other writable memory for pointers to live blocks.\n"
    "Rows are blocks that nothing leads to (definitely lost), with what only they hold: of a\n"
    "cycle one block. possible: each way there goes through a pointer into a block's middle.\n"
    "FILE has lines leak:PATTERN, for each traceback of whose functions, files or modules one\n"
    "has PATTERN in it.";
inline constexpr std::string_view kRefsDetails =
    "Chains of pointers from a variable, a stack, a register or other memory to the block that\n"
    "holds EXPRESSION, the shortest first: for each pointer its place in the block before.\n"
    "EXPRESSION is as for mt block.";
inline constexpr std::string_view kRetainedDetails =
    "What would be free if a block were: itself and all to which every chain leads through it.\n"
    "Without EXPRESSION the blocks that no other one retains; with it those right below it.";

// Of mt leaks alone; and the values of its --kinds. Of mt refs and mt retained.
std::vector<Option> leaks_options();
std::vector<Option> refs_options();
std::vector<Option> pointer_options();
const std::vector<std::string_view>& leak_kinds();

}  // namespace mt::core

#endif
