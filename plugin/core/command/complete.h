// SPDX-License-Identifier: MIT
//
// Completion of a command line: verbs, options, their values, names. Only looks at the line
// and the session; never at the program.
#ifndef MEMTRACE_CORE_COMMAND_COMPLETE_H
#define MEMTRACE_CORE_COMMAND_COMPLETE_H

#include <string>
#include <string_view>
#include <vector>

#include "app/session.h"

namespace mt::core {

// Whole words that can stand at the end of `line`.
std::vector<std::string> complete(const Session& session, std::string_view line);

}  // namespace mt::core

#endif
