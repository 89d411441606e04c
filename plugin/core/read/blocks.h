// SPDX-License-Identifier: MIT
//
// The live blocks: regions, the arrays behind their pages, and the tables of
// what does not fit into a word. Fills Table::blocks by address, then domain.
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

inline bool by_address(const Block& a, const Block& b) {
    return a.address != b.address ? a.address < b.address : a.domain < b.domain;
}

// Sizes of large blocks, and what the program tracks in domains of its own.
bool read_tracked(Reading& reading, const Anchor& anchor, Table& table, std::uint64_t& flagged);

// As before each event that was not committed.
void undo_events(const Events& events, Table& table);

// Drops what names no traceback, sets domains, and says what was dropped.
void check_blocks(const Depot& depot, std::uint64_t flagged, Table& table);

}  // namespace mt::core

#endif
