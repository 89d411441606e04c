// SPDX-License-Identifier: MIT
//
// What a snapshot has that pprof's fields cannot hold, as one line of JSON for a
// profile's comment, and back. Text that is no UTF-8 is escaped so that it comes
// back as it was. Knows no profile.
#ifndef MEMTRACE_CORE_SAVE_DESCRIPTION_H
#define MEMTRACE_CORE_SAVE_DESCRIPTION_H

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model/error.h"
#include "model/snapshot.h"

namespace mt::core {

struct Description {
    // Of the table: all but modules' mappings, nodes, traces and blocks.
    Table table;
    std::uint64_t lost_blocks = 0;             // of no traceback that has figures; not saved
    std::vector<std::uint32_t> escaped_texts;  // places in the profile's string table
};

// `table` is read through the pointer, so that its traces are not copied. `has_stamps`: those
// that the table has are in the profile too.
std::string describe(const Table& table, bool has_stamps, std::uint64_t lost_blocks,
                     const std::vector<std::uint32_t>& escaped_texts);

Result<Description> described(std::string_view json);

// Bytes that are no UTF-8 as \xNN, and a backslash as two.
std::string escape_bytes(std::string_view text);
std::string unescape_bytes(std::string_view text);

}  // namespace mt::core

#endif
