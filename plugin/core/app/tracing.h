// SPDX-License-Identifier: MIT
//
// Tracing on and off, marks, and what the runtime's arrival in a process means. Each says
// what it did; how that reads is the fronts' affair.
#ifndef MEMTRACE_CORE_APP_TRACING_H
#define MEMTRACE_CORE_APP_TRACING_H

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "app/session.h"
#include "model/error.h"
#include "model/snapshot.h"
#include "model/start.h"

namespace mt::core {

// tracemalloc's words.
inline constexpr const char* kFramesRange = "the number of frames must be in range [1; 65535]";

enum class When : std::uint8_t { now, with_next_run, on_load, before };

struct Started {
    When when = When::now;  // before: tracing was on
    Start start;            // that is in force
    std::vector<Remark> remarks;
};
Result<Started> start_tracing(Session& session, const Start& start);

// All traces are dropped; with_next_run, on_load: a start that waited is forgotten; before:
// tracing was off.
Result<When> stop_tracing(Session& session);
// False: tracing is off.
Result<bool> clear_traces(Session& session);
// peak := current. While tracing is off there is none to reset.
Result<void> reset_peak(Session& session);

struct Marked {
    Mark mark;
    bool first_stamps = false;  // blocks had none before
};
// `name`: null = none.
Result<Marked> set_mark(Session& session, const std::string* name, bool replace);

// The runtime has been mapped: does what waits for it.
Result<void> runtime_loaded(Session& session);

// (current, peak) in bytes. While tracing is off there are none, nor blocks.
Result<std::pair<std::uint64_t, std::uint64_t>> traced_memory(Session& session);
// The live block of domain 0 that holds the address; address 0: there is none.
Result<Block> block_at(Session& session, std::uint64_t address);
// The sums of the table, without its traces; an error where they may be wrong.
Result<Table> exact_sums(Session& session);

}  // namespace mt::core

#endif
