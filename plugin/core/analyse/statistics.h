// SPDX-License-Identifier: MIT
//
// tracemalloc's Snapshot.statistics over a table: traces grouped by a key,
// largest first. Resolves from the innermost frame outwards and no further than
// the key needs. Renders nothing.
#ifndef MEMTRACE_CORE_ANALYSE_STATISTICS_H
#define MEMTRACE_CORE_ANALYSE_STATISTICS_H

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "analyse/skip.h"
#include "model/error.h"
#include "model/snapshot.h"
#include "symbols/symboliser.h"

namespace mt::core {

enum class KeyType : std::uint8_t { lineno, filename, traceback, function, module };
enum class Figures : std::uint8_t { live, peak };

// The names that users type, in the order that messages list them.
const std::vector<std::string_view>& key_type_names();
std::optional<KeyType> key_type_of(std::string_view name);
std::string_view name_of(KeyType key);

// One frame of a row. `label` and `line` are the key; the rest is what the row's
// traces agree on.
struct RowFrame {
    TextId label = 0;
    std::uint32_t line = 0;
    TextId file = 0;
    std::optional<TextId> function;
    std::optional<TextId> module;
    std::optional<std::uint64_t> offset;  // ELF virtual address
    bool plus_offset = false;             // the offset is part of the key (raw)
};

struct Statistic {
    std::int64_t size = 0;
    std::int64_t count = 0;
    std::uint64_t total_size = 0;  // all allocations since start or clear
    std::uint64_t total_count = 0;
    std::int64_t samples = 0;           // that the row was estimated from; 0 = it is exact
    std::vector<RowFrame> traceback;    // most recent first
    std::vector<std::uint32_t> traces;  // indices into Table::traces
};

// Of the rows from the first-th on.
struct Sum {
    std::int64_t size = 0, count = 0;
    std::int64_t samples = 0;
};
Sum sum_of(const std::vector<Statistic>& rows, std::size_t first);

struct Grouping {
    KeyType key = KeyType::lineno;
    Figures figures = Figures::live;
    bool raw = false;         // no skipping, offsets where no line is known
    bool totals = false;      // total_* also of traces that have nothing in `figures`
    std::uint16_t limit = 0;  // frames per traceback; 0 = as recorded
    const std::vector<std::uint32_t>* only = nullptr;  // these traces; null = all
};

// `interrupted` is polled; it may be empty.
Result<std::vector<Statistic>> statistics(Resolver& resolver, SkipRules& skip,
                                          const Grouping& grouping,
                                          const std::function<bool()>& interrupted = {});

// The frames of one trace as `grouping` sees them, most recent first; never empty.
Result<std::vector<RowFrame>> frames_of(Resolver& resolver, SkipRules& skip,
                                        const Grouping& grouping, const Trace& trace);

std::int64_t size_of(const Trace& trace, Figures figures);
std::int64_t count_of(const Trace& trace, Figures figures);
std::int64_t samples_of(const Trace& trace, Figures figures);

}  // namespace mt::core

#endif
