// SPDX-License-Identifier: MIT
//
// What statistics() needs of threads: figures of a trace as one thread made them,
// and rows for threads as a whole. Renders nothing, filters nothing itself.
#ifndef MEMTRACE_CORE_ANALYSE_BY_THREAD_H
#define MEMTRACE_CORE_ANALYSE_BY_THREAD_H

#include <cstdint>
#include <string>
#include <vector>

#include "analyse/by_block.h"
#include "model/snapshot.h"

namespace mt::core {

// For each of Table::traces: its figures in the counters of these threads. What is
// "live" there is what they allocated less what they freed.
std::vector<Trace> traces_of_threads(const Table& table, const std::vector<std::uint32_t>& threads);

// The serial of the thread that allocated a block. 0 = not known: no stamp.
std::uint32_t thread_of(const Table& table, const Block& block);
// The totals of each thread: all that it allocated, and that less what it freed. By serial.
std::vector<RowOfBlocks> totals_by_thread(const Table& table);

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
