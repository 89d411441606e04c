// SPDX-License-Identifier: MIT
//
// block, blocks: single blocks, by address, size or age.
#ifndef MEMTRACE_CORE_COMMAND_BLOCK_VERBS_H
#define MEMTRACE_CORE_COMMAND_BLOCK_VERBS_H

#include "command/front.h"

namespace mt::core {

Result<void> run_block(Front& front);
Result<void> run_blocks(Front& front);

}  // namespace mt::core

#endif
