// SPDX-License-Identifier: MIT
//
// What a command has to say, as values, and its two forms: text for people and
// one JSON document (schema 1). Reads no memory and asks no debugger; source
// lines come through a function that the caller gives.
#ifndef MEMTRACE_CORE_SHOW_REPORT_H
#define MEMTRACE_CORE_SHOW_REPORT_H

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "analyse/statistics.h"
#include "model/snapshot.h"

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

// Source text of a line without its end; empty when there is none.
using SourceLine = std::function<std::string(const std::string& file, std::uint32_t line)>;

struct StatisticsReport {
    Head head;
    KeyType key = KeyType::lineno;
    const FrameBook* book = nullptr;
    const std::vector<Statistic>* rows = nullptr;  // all of them, largest first
    std::size_t shown = 0;                         // of these; 0 = all
    std::vector<Remark> remarks;
    SourceLine source_line;  // may be empty: no source lines
    bool shares = false;     // each row with its part of the total, and functions (mt traceback)
    std::uint64_t sample_bytes = 0;     // of which rows are estimates; 0 = all is exact
    std::optional<Amount> exact_total;  // while sampling, where it is known
};

std::string statistics_text(const StatisticsReport& report);
std::string statistics_json(const StatisticsReport& report);

// "current: …" and "peak: …", the first two lines of mt peak and a part of mt status.
std::string figures_text(const Head& head);
// "FILE:LINE" as a row begins.
std::string row_name(const FrameBook& book, const RowFrame& row);
std::string remarks_text(const std::vector<Remark>& remarks);

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
};

std::string list_text(const std::vector<ListedSnapshot>& snapshots);
std::string list_json(const std::vector<ListedSnapshot>& snapshots);

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
