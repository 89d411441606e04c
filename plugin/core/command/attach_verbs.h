// SPDX-License-Identifier: MIT
//
// attach and detach: the verbs that run code in the program.
#ifndef MEMTRACE_CORE_COMMAND_ATTACH_VERBS_H
#define MEMTRACE_CORE_COMMAND_ATTACH_VERBS_H

#include <string_view>
#include <vector>

#include "command/front.h"
#include "command/options.h"

namespace mt::core {

inline constexpr std::string_view kAttachDetails =
    "Runs code in the program: a thread that stands where that is safe opens libmemtrace.so, and\n"
    "the allocation functions that modules call are redirected to it, also in those that are\n"
    "opened later. If no thread stands so, the program is let run until one does, for five\n"
    "seconds at most. Blocks from before are unknown, and freeing them changes no figure.";
inline constexpr std::string_view kDetachDetails =
    "Redirected entries lead where they led before. The library stays in the program, and is off.";
inline std::vector<Option> attach_options() {
    return {{"--check", "", "", Level::none, "say what is in the way; touch nothing"},
            {"--despite-filter", "", "", Level::none,
             "the program's filter of system calls (seccomp) allows a library to be opened"}};
}

Result<void> run_attach(Front& front);
Result<void> run_detach(Front& front);

}  // namespace mt::core

#endif
