// SPDX-License-Identifier: MIT
//
// The end of a program: the function that every way out comes to when all handlers have run, and
// who went there. Asks the debugger for names only.
#ifndef MEMTRACE_CORE_APP_BREAKS_ENDING_H
#define MEMTRACE_CORE_APP_BREAKS_ENDING_H

#include <cstdint>
#include <vector>

#include "app/points.h"
#include "model/error.h"
#include "target/debugger.h"

namespace mt::core {

// exit and quick_exit call it last of all; _exit is another name of it, or calls it.
inline constexpr const char* kEnding = "_Exit";
// As many as lie between it and who called exit, and some more.
inline constexpr std::uint32_t kEndingFrames = 8;

// Which frame of a hit at kEnding is the caller's of exit or _exit: the innermost one that
// debug information names and that is not libc's. 0: there is none, as when main has returned.
Result<std::uint32_t> who_ends(Debugger& debugger, const std::vector<Activation>& frames);

}  // namespace mt::core

#endif
