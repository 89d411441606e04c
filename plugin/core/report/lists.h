// SPDX-License-Identifier: MIT
//
// Reports about the process, the session and its lists, as values: mt status, list, break,
// config.
#ifndef MEMTRACE_CORE_REPORT_LISTS_H
#define MEMTRACE_CORE_REPORT_LISTS_H

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/error.h"
#include "model/snapshot.h"
#include "model/start.h"
#include "report/condition.h"
#include "report/rows.h"

namespace mt::core {

// No runtime to look at, but a start that waits for one.
struct WaitingStart {
    Start start;
    bool next_run = false;  // else: for the runtime in this process
    Error missing;          // why there is nothing else to say
};

struct StatusReport {
    Head head;
    Status status;
    std::uint64_t blocks = 0;
    std::uint64_t tracebacks = 0;
    std::uint64_t own_bytes = 0;
    std::vector<Loss> losses;
    std::vector<Remark> remarks;
    std::optional<WaitingStart> waiting;  // all else is empty then
};

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

struct ListReport {
    std::vector<ListedSnapshot> snapshots;
    std::vector<ListedMark> marks;
    std::vector<Remark> remarks;  // of one that was loaded
};

struct ConditionsReport {
    std::vector<Condition> conditions;
};

struct SkippedPattern {
    std::string kind;  // "module", "function", "file" or "any"
    std::string glob;
};

struct ConfigReport {
    std::size_t rows = 0;
    bool source = false;
    bool direct = false;
    std::string_view style;   // "auto", "text" or "table"
    std::uint64_t table = 0;  // 0: searched for
    std::vector<SkippedPattern> skip;
};

}  // namespace mt::core

#endif
