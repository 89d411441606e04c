// SPDX-License-Identifier: MIT
//
// mt scope: from words to scopes and back.
#ifndef MEMTRACE_CORE_COMMAND_SCOPE_VERBS_H
#define MEMTRACE_CORE_COMMAND_SCOPE_VERBS_H

#include "command/front.h"

namespace mt::core {

Result<void> run_scope(Front& front);

}  // namespace mt::core

#endif
