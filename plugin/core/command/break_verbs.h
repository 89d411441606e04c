// SPDX-License-Identifier: MIT
//
// mt break: from words to conditions and back.
#ifndef MEMTRACE_CORE_COMMAND_BREAK_VERBS_H
#define MEMTRACE_CORE_COMMAND_BREAK_VERBS_H

#include "command/front.h"

namespace mt::core {

Result<void> run_break(Front& front);

}  // namespace mt::core

#endif
