// SPDX-License-Identifier: MIT
//
// tracemalloc's Snapshot.statistics() over a table: traces grouped by a key,
// largest first. Renders nothing.
#ifndef MEMTRACE_CORE_ANALYSE_STATISTICS_H
#define MEMTRACE_CORE_ANALYSE_STATISTICS_H

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analyse/block_filter.h"
#include "analyse/filter.h"
#include "analyse/frames.h"
#include "analyse/skip.h"
#include "model/error.h"
#include "model/poll.h"
#include "model/snapshot.h"
#include "symbols/symboliser.h"

namespace mt::core {

enum class KeyType : std::uint8_t {
    lineno,
    filename,
    traceback,
    function,
    module,
    domain,
    thread,
    size,        // from one power of two to the next
    exact_size,  // each size for itself
    type         // what blocks are of
};
enum class Figures : std::uint8_t { live, peak };
enum class Sort : std::uint8_t { size, count, total_size, total_count };

// The names that users type, in the order of the enumerators, as messages list them.
const std::vector<std::string_view>& key_type_names();
std::optional<KeyType> key_type_of(std::string_view name);
std::string_view name_of(KeyType key);
const std::vector<std::string_view>& sort_names();
inline bool is_total(Sort sort) { return sort == Sort::total_size || sort == Sort::total_count; }
inline bool is_size(KeyType key) { return key == KeyType::size || key == KeyType::exact_size; }
// Single blocks are grouped, by what each has of its own, and not tracebacks.
inline bool is_of_blocks(KeyType key) {
    return key == KeyType::thread || key == KeyType::type || is_size(key);
}
// Every frame of a traceback can be charged, not only the most recent one.
inline bool can_cumulate(KeyType key) {
    return key != KeyType::traceback && key != KeyType::domain && !is_of_blocks(key);
}

struct Statistic {
    std::int64_t size = 0;
    std::int64_t count = 0;
    std::uint64_t total_size = 0;  // all allocations since start or clear
    std::uint64_t total_count = 0;
    std::uint64_t temporary_count = 0;  // of them, freed before their thread allocated again
    std::int64_t samples = 0;           // that the row was estimated from; 0 = it is exact
    std::int64_t held_size = 0, held_count = 0;  // of blocks that only these hold (mt leaks)
    std::vector<RowFrame> traceback;             // most recent first; never empty
    std::vector<std::uint32_t> traces;           // indices into Table::traces, ascending
};

// Of the rows from the first-th on.
struct Sum {
    std::int64_t size = 0, count = 0;
    std::int64_t samples = 0;
    std::int64_t held_size = 0, held_count = 0;
    std::uint64_t total_size = 0, total_count = 0, temporary_count = 0;
};
Sum sum_of(const std::vector<Statistic>& rows, std::size_t first);

struct Grouping {
    KeyType key = KeyType::lineno;
    Figures figures = Figures::live;
    Sort sort = Sort::size;
    bool cumulative = false;  // every frame is charged, a repeated one repeatedly
    bool raw = false;         // no skipping, offsets where no line is known
    bool hides = false;       // nor frames further out that nobody asks about (SkipRules)
    bool totals = false;      // total_* also of traces that have nothing in `figures`
    std::uint16_t limit = 0;  // frames per traceback; 0 = as recorded
    BlockFilter blocks;       // needs Table::has_blocks, and has_stamps for some
    // Serials whose counters alone are looked at; empty = all. Needs has_thread_traces.
    std::vector<std::uint32_t> threads;
    std::vector<FilterList> filters;
    const std::vector<std::uint32_t>* only = nullptr;  // these traces; null = all
};

// `interrupted` is polled; it may be empty.
Result<std::vector<Statistic>> statistics(Resolver& resolver, SkipRules& skip,
                                          const Grouping& grouping,
                                          const Interrupted& interrupted = {});

// By thread: rows are live blocks, not what the threads' counters say.
bool has_threads_of_blocks(const Table& table, const Grouping& grouping);

// Equal texts = one row; over several tables with one book.
std::string key_of(const std::vector<RowFrame>& traceback);
// Oldest frame first, as tracemalloc orders tracebacks.
bool traceback_less(const FrameBook& book, const std::vector<RowFrame>& a,
                    const std::vector<RowFrame>& b);

}  // namespace mt::core

#endif
