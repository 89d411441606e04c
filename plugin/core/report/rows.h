// SPDX-License-Identifier: MIT
//
// Reports that consist of rows: what mt snapshot, stats, peak, diff and traceback have to
// say, as values. A renderer shows them (show/); the last one is kept for mt traceback.
#ifndef MEMTRACE_CORE_REPORT_ROWS_H
#define MEMTRACE_CORE_REPORT_ROWS_H

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "analyse/difference.h"
#include "analyse/statistics.h"
#include "model/snapshot.h"
#include "report/traceback.h"

namespace mt::core {

struct Amount {
    std::int64_t size = 0;
    std::int64_t count = 0;
};

// What every report about a table opens with in JSON.
struct Head {
    std::string command;
    bool tracing = false;
    Amount current;
    Amount peak;
    std::uint16_t traceback_limit = 0;
};

inline Head head_of(std::string command, const Table& table) {
    return {std::move(command),
            table.status.tracing,
            {table.current_size, table.current_count},
            {table.peak_size, table.peak_count},
            table.status.frame_limit};
}

// What reports with rows have in common.
struct RowReport {
    Head head;
    KeyType key = KeyType::lineno;
    bool cumulative = false;  // a block is in several rows: these have no sum
    const FrameBook* book = nullptr;
    std::size_t shown = 0;  // rows; 0 = all
    std::vector<Remark> remarks;
    TracebackFormat traceback;
    std::uint64_t sample_bytes = 0;  // of which rows are estimates; 0 = all is exact
};

// The row that mt traceback explains, as its own report showed it.
template <typename Row>
struct Explained {
    KeyType key = KeyType::lineno;
    Row row;
};

struct StatisticsReport : RowReport {
    Sort sort = Sort::size;
    std::vector<Statistic> rows;  // all of them, sorted
    Sum total;                    // of all traces behind the rows, each once
    bool shares = false;          // each row with its part of the total (mt traceback)
    bool exact_total = false;     // while sampling
    bool of_peak = false;         // current and peak come first (mt peak)
    std::optional<Explained<Statistic>> explains;
};

struct DifferenceReport : RowReport {
    std::vector<StatisticDiff> rows;  // all of them, sorted
    StatisticDiff total;
    std::string old;  // what was compared with: "1", "before", …
    std::string now;  // "now", or a snapshot's name
    std::optional<Explained<StatisticDiff>> explains;
};

}  // namespace mt::core

#endif
