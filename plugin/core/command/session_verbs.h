// SPDX-License-Identifier: MIT
//
// list, drop, config: the verbs about the session itself.
#ifndef MEMTRACE_CORE_COMMAND_SESSION_VERBS_H
#define MEMTRACE_CORE_COMMAND_SESSION_VERBS_H

#include "command/front.h"

namespace mt::core {

Result<void> run_list(Front& front);
Result<void> run_drop(Front& front);
Result<void> run_config(Front& front);

}  // namespace mt::core

#endif
