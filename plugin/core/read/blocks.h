// SPDX-License-Identifier: MIT
//
// The live blocks: regions, the arrays behind their pages, and the tables of
// what does not fit into a word. Fills Table::blocks by address, then domain.
#ifndef MEMTRACE_CORE_READ_BLOCKS_H
#define MEMTRACE_CORE_READ_BLOCKS_H

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "model/snapshot.h"
#include "read/anchor.h"
#include "read/depot.h"
#include "read/events.h"

namespace mt::core {

// Words as they stand; `expected` is how many the counters know of.
bool read_blocks(Reading& reading, const Anchor& anchor, std::int64_t expected, Table& table,
                 std::uint64_t& flagged);

struct RegionAt {
    std::uint64_t base = 0;  // of the addresses that it is for
    std::uint64_t address = 0;
    std::uint64_t stamps = 0;  // of its lines
    abi::u64 sheet[2][abi::kSheetsPerRegion] = {};
    abi::u64 sheet_stamps[2][abi::kSheetsPerRegion] = {};
};

// By base; there may be two of one base.
bool list_regions(Reading& reading, const Anchor& anchor, std::vector<RegionAt>& regions);
// Appends the words of pages [first, first + count) of a region as they stand.
bool read_pages(Reading& reading, const Anchor& anchor, const RegionAt& region, std::uint32_t first,
                std::uint32_t count, Table& table, std::uint64_t& flagged);

// Sizes of large blocks, and what the program tracks in domains of its own.
bool read_tracked(Reading& reading, const Anchor& anchor, Table& table, std::uint64_t& flagged);
// Only what stands in other domains; appended, not in order.
bool read_keys(Reading& reading, const Anchor& anchor, Table& table, std::uint64_t& flagged);
// Only the sizes, by address.
using LargeSizes = std::unordered_map<std::uint64_t, std::uint64_t>;
bool read_large_sizes(Reading& reading, const Anchor& anchor, LargeSizes& sizes,
                      std::uint64_t& flagged);

// As before each event that was not committed.
void undo_events(const Events& events, Table& table);

// A word of the block table says no domain: it is that of its traceback.
void set_domain(Table& table, Block& block, std::uint32_t of_trace);

void remark_wrong_blocks(std::uint64_t flagged, Table& table);
// Drops what names no traceback, sets domains, and says what was dropped.
bool drop_wrong_blocks(Reading& reading, const Depot& depot, std::uint64_t flagged, Table& table);

}  // namespace mt::core

#endif
