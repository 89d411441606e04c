// SPDX-License-Identifier: MIT
//
// A condition of mt break, and what a thread at one of memtrace's breakpoints means: values.
// Who makes them is app/breaks and app/scopes.
#ifndef MEMTRACE_CORE_REPORT_CONDITION_H
#define MEMTRACE_CORE_REPORT_CONDITION_H

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "abi/layout.h"
#include "analyse/filter.h"
#include "model/scope.h"
#include "report/rows.h"

namespace mt::core {

// What lies at an address that is about to be freed.
struct WatchedBlock {
    std::uint64_t size = 0;
    std::vector<RowFrame> traceback;  // most recent first; empty: it could not be named
};

struct Condition {
    std::uint32_t number = 0;
    std::uint32_t kinds = 0;  // abi::kWatch…, together; 0 = at_exit
    bool at_exit = false;     // the debugger sees it: the program need not have the runtime
    std::uint64_t value = 0;
    std::uint64_t thread = 0;  // serial
    std::string thread_title;  // as all reports print it
    std::optional<Filter> site;
    std::string site_text;
    std::optional<WatchedBlock> block;  // of a free: the block that was there
    bool once = false;
    bool enabled = true;
    std::uint64_t hits = 0;
    bool told = false;        // it has stopped this process
    std::int32_t slot = -1;   // in the process; -1 = not armed
    std::uint64_t point = 0;  // of at_exit, in the debugger; 0 = not armed

    bool is(std::uint32_t kind) const { return (kinds & kind) != 0; }
    // It is about the heap as a whole.
    bool is_figure() const { return is(abi::kWatchTotal | abi::kWatchPeak | abi::kWatchCount); }
    // It means something in one process only.
    bool dies_with_process() const { return is(abi::kWatchThread | abi::kWatchFree); }
};

// What the runtime said of the call that met a condition; of at_exit there is no call.
struct MetCondition {
    Condition condition;
    std::uint64_t address = 0, size = 0, figure = 0;
    TraceFrame site;               // most recent frame after skipping
    std::optional<Amount> live{};  // of at_exit; none where nothing is traced
};

// What the debugger is to do with a thread at one of our breakpoints, and why.
struct Stop {
    bool stays = false;
    std::uint64_t pc = 0;     // the innermost frame with this pc …
    std::uint32_t level = 0;  // … and so many outwards is to be selected
    std::optional<MetCondition> met;
    std::vector<std::pair<std::string, ScopeCall>> ended;  // calls of these scopes
};

}  // namespace mt::core

#endif
