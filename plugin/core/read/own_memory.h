// SPDX-License-Identifier: MIT
//
// Which memory the runtime has mapped for itself: a search for pointers in the program's
// must leave it out, for addresses of blocks stand there that the program has given up long
// ago. The runtime's data is its own too but for one part; that is told by where its root lies.
#ifndef MEMTRACE_CORE_READ_OWN_MEMORY_H
#define MEMTRACE_CORE_READ_OWN_MEMORY_H

#include "model/snapshot.h"
#include "read/anchor.h"
#include "read/events.h"

namespace mt::core {

// Fills Table::own but for what it says of blocks. Header and state are claimed.
bool list_own_memory(Reading& reading, const Anchor& anchor, Table& table);

// OwnMemory::knows_all_blocks; the losses are read.
bool knows_all_blocks(const Anchor& anchor, const Events& events, const Table& table);

}  // namespace mt::core

#endif
