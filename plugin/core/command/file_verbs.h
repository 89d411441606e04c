// SPDX-License-Identifier: MIT
//
// save, load, export: snapshots to files and back.
#ifndef MEMTRACE_CORE_COMMAND_FILE_VERBS_H
#define MEMTRACE_CORE_COMMAND_FILE_VERBS_H

#include "command/front.h"

namespace mt::core {

Result<void> run_save(Front& front);
Result<void> run_load(Front& front);
Result<void> run_export(Front& front);

}  // namespace mt::core

#endif
