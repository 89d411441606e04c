// SPDX-License-Identifier: MIT
//
// What statistics() needs of threads: figures of a trace as one thread made them,
// and rows for threads. Renders nothing, filters nothing itself.
#ifndef MEMTRACE_CORE_ANALYSE_BY_THREAD_H
#define MEMTRACE_CORE_ANALYSE_BY_THREAD_H

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "analyse/block_filter.h"
#include "model/error.h"
#include "model/poll.h"
#include "model/snapshot.h"

namespace mt::core {

// For each of Table::traces: its figures in the counters of these threads. What is
// "live" there is what they allocated less what they freed.
std::vector<Trace> traces_of_threads(const Table& table, const std::vector<std::uint32_t>& threads);

struct ThreadRow {
    std::uint32_t serial = 0;  // 0 = not known: no stamp
    LiveFigures live;
    std::uint64_t total_size = 0, total_count = 0, temporary_count = 0;
    std::vector<std::uint32_t> traces;  // indices into Table::traces, ascending
};

// Live blocks by the thread that allocated them; `keeps` is asked for each trace once. Its
// errors, or interrupted.
Result<std::vector<ThreadRow>> blocks_by_thread(
    const Table& table, const BlockFilter& filter,
    const std::function<Result<bool>(std::uint32_t)>& keeps, const Interrupted& interrupted);
// The totals of each thread: all that it allocated, and that less what it freed.
std::vector<ThreadRow> totals_by_thread(const Table& table);

// "thread 2 (worker, tid 77)": a thread's number on every screen is its serial.
std::string thread_title(const Table& table, std::uint32_t serial);
// The same of one that the debugger knows, with the number that `thread N` takes there:
// "thread 2 (worker, tid 77; the debugger's thread 1)".
struct DebuggerThread {
    std::uint32_t number = 0, tid = 0;
};
std::string thread_title(const Table& table, const DebuggerThread& thread);
// Null: it has had no event, or its row is lost.
const Thread* thread_of_tid(const Table& table, std::uint32_t tid);

// Whom the user means, by serial, else by system id, else all of a name. None: nobody.
std::vector<const Thread*> threads_named(const Table& table, const std::string& text);

}  // namespace mt::core

#endif
