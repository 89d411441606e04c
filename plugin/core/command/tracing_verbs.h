// SPDX-License-Identifier: MIT
//
// start, stop, clear, mark, preload: the verbs that change something in the program or its
// next run.
#ifndef MEMTRACE_CORE_COMMAND_TRACING_VERBS_H
#define MEMTRACE_CORE_COMMAND_TRACING_VERBS_H

#include "command/front.h"

namespace mt::core {

Result<void> run_start(Front& front);
Result<void> run_stop(Front& front);
Result<void> run_clear(Front& front);
Result<void> run_mark(Front& front);
Result<void> run_preload(Front& front);

}  // namespace mt::core

#endif
