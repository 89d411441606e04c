// SPDX-License-Identifier: MIT
//
// What a command has to say, as values, and its two forms: text for people and
// one JSON document (schema 1). Reads no memory and asks no debugger; source
// lines come through a function that the caller gives.
#ifndef MEMTRACE_CORE_SHOW_REPORT_H
#define MEMTRACE_CORE_SHOW_REPORT_H

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "analyse/difference.h"
#include "analyse/statistics.h"
#include "model/error.h"
#include "model/sink.h"
#include "model/snapshot.h"
#include "show/traceback.h"

namespace mt::core {

struct Amount {
    std::int64_t size = 0;
    std::int64_t count = 0;
};

// What every report opens with in JSON.
struct Head {
    std::string command;
    bool tracing = false;
    Amount current;
    Amount peak;
    std::uint16_t traceback_limit = 0;
};

Head head_of(std::string command, const Table& table);

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

struct StatisticsReport : RowReport {
    Sort sort = Sort::size;
    const std::vector<Statistic>* rows = nullptr;  // all of them, sorted
    Sum total;                                     // of all traces behind the rows, each once
    bool shares = false;       // each row with its part of the total (mt traceback)
    bool exact_total = false;  // while sampling
};

struct DifferenceReport : RowReport {
    const std::vector<StatisticDiff>* rows = nullptr;  // all of them, sorted
    StatisticDiff total;
    std::string old;  // what was compared with: "1", "before", …
    std::string now;  // "now", or a snapshot's name
};

// Row by row: there may be millions. Errors: the sink's.
Result<void> statistics_text(const StatisticsReport& report, const Sink& sink);
Result<void> statistics_json(const StatisticsReport& report, const Sink& sink);
Result<void> difference_text(const DifferenceReport& report, const Sink& sink);
Result<void> difference_json(const DifferenceReport& report, const Sink& sink);

// "current: …" and "peak: …", the first two lines of mt peak and a part of mt status.
std::string figures_text(const Head& head);
// How a row begins: "FILE:LINE", or what else its key shows.
std::string row_title(const RowReport& report, const std::vector<RowFrame>& traceback);
std::string remarks_text(const std::vector<Remark>& remarks);
nlohmann::ordered_json remarks_json(const std::vector<Remark>& remarks);

struct StatusReport {
    Head head;
    Status status;
    std::uint64_t blocks = 0;
    std::uint64_t tracebacks = 0;
    std::uint64_t own_bytes = 0;
    std::vector<Loss> losses;
    std::vector<Remark> remarks;
};

std::string status_text(const StatusReport& report);
std::string status_json(const StatusReport& report);
std::string reason_text(std::uint32_t reason);  // abi::Reason

struct ListedSnapshot {
    std::string number;
    std::string name;  // may be empty
    Amount live;
    std::uint64_t tracebacks = 0;
    std::uint32_t pid = 0;
    bool blocks = false;
    std::uint64_t sample_bytes = 0;  // 0 = not sampled
    std::string file;                // that it was loaded from, or empty
};

struct ListedMark {
    std::uint64_t number = 0;
    std::string name;  // may be empty
    std::uint32_t pid = 0, generation = 0;
};

std::string list_text(const std::vector<ListedSnapshot>& snapshots,
                      const std::vector<ListedMark>& marks);
std::string list_json(const std::vector<ListedSnapshot>& snapshots,
                      const std::vector<ListedMark>& marks);

struct ListedCondition {  // of mt break
    std::uint32_t number = 0;
    std::string text;
    bool once = false;
    bool enabled = true;
    std::uint64_t hits = 0;
};

std::string conditions_text(const std::vector<ListedCondition>& conditions);
std::string conditions_json(const std::vector<ListedCondition>& conditions);

struct SkippedPattern {
    std::string kind;  // "module", "function", "file" or "any"
    std::string glob;
};

struct ConfigReport {
    std::size_t rows = 0;
    bool source = false;
    bool direct = false;
    std::vector<SkippedPattern> skip;
};

std::string config_text(const ConfigReport& config);
std::string config_json(const ConfigReport& config);

}  // namespace mt::core

#endif
