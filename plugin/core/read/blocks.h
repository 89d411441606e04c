// SPDX-License-Identifier: MIT
//
// The live blocks: regions, the arrays behind their pages, and the table of
// what does not fit into a word. Fills Table::blocks by address.
#ifndef MEMTRACE_CORE_READ_BLOCKS_H
#define MEMTRACE_CORE_READ_BLOCKS_H

#include <cstdint>
#include <vector>

#include "model/snapshot.h"
#include "read/anchor.h"
#include "read/depot.h"
#include "read/events.h"

namespace mt::core {

// Words as they stand; `expected` is how many the counters know of.
bool read_blocks(Reading& reading, const Anchor& anchor, std::int64_t expected, Table& table,
                 std::uint64_t& flagged);

// Sizes and domains from the tracked table.
bool read_tracked(Reading& reading, const Anchor& anchor, Table& table);

// As before each event that was not committed.
void undo_events(const Events& events, Table& table);

// Drops what names no traceback, sets domains, and says what was dropped.
void check_blocks(const Depot& depot, std::uint64_t flagged, Table& table);

}  // namespace mt::core

#endif
