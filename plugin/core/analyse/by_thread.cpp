// SPDX-License-Identifier: MIT
//
// See by_thread.h.
#include "analyse/by_thread.h"

#include <fmt/format.h>

#include <algorithm>

#include "model/stamp.h"
#include "model/wrapping.h"

namespace mt::core {

std::vector<Trace> traces_of_threads(const Table& table,
                                     const std::vector<std::uint32_t>& threads) {
    std::vector<Trace> traces(table.traces.size());
    const std::vector<std::uint32_t> places = places_of_traces(table);
    for (const ThreadTrace& part : table.thread_traces) {
        if (std::find(threads.begin(), threads.end(), part.thread) == threads.end()) continue;
        if (part.trace >= places.size() || places[part.trace] == 0) continue;
        Trace& sum = traces[places[part.trace] - 1];
        sum.alloc_bytes += part.alloc_bytes;
        sum.alloc_count += part.alloc_count;
        sum.free_bytes += part.free_bytes;
        sum.free_count += part.free_count;
        sum.temporary_count += part.temporary_count;
        sum.size = difference(sum.alloc_bytes, sum.free_bytes);
        sum.count = difference(sum.alloc_count, sum.free_count);
    }
    return traces;
}

std::uint32_t thread_of(const Table& table, const Block& block) {
    const auto stamp = stamp_of(table, block);
    return stamp ? stamp->thread : 0;
}

std::vector<RowOfBlocks> totals_by_thread(const Table& table) {
    std::vector<RowOfBlocks> rows;
    for (const Thread& thread : table.threads) {
        RowOfBlocks& row = rows.emplace_back();
        row.key = thread.serial;
        row.live.size = difference(thread.alloc_bytes, thread.free_bytes);
        row.live.count = difference(thread.alloc_count, thread.free_count);
        row.total_size = thread.alloc_bytes;
        row.total_count = thread.alloc_count;
    }
    return rows;
}

std::string thread_title(const Table& table, std::uint32_t serial) {
    if (serial == 0) return "thread not known";
    for (const Thread& thread : table.threads)
        if (stamp_serial_of_thread(thread.serial) == serial)
            return thread.tid == 0
                       ? fmt::format("thread {} ({})", serial, thread.name)
                       : fmt::format("thread {} ({}, tid {})", serial, thread.name, thread.tid);
    return fmt::format("thread {} (exited)", serial);
}

// Numbers are given again: the one that came last has it now.
const Thread* thread_of_tid(const Table& table, std::uint32_t tid) {
    const Thread* found = nullptr;
    for (const Thread& thread : table.threads)
        if (tid != 0 && thread.tid == tid && (found == nullptr || thread.serial > found->serial))
            found = &thread;
    return found;
}

std::string thread_title(const Table& table, const DebuggerThread& thread) {
    if (const Thread* ours = thread_of_tid(table, thread.tid))
        return fmt::format("thread {} ({}, tid {}; the debugger's thread {})", ours->serial,
                           ours->name, ours->tid, thread.number);
    if (thread.tid == 0) return fmt::format("the debugger's thread {}", thread.number);
    return fmt::format("the debugger's thread {} (tid {}, not known to memtrace)", thread.number,
                       thread.tid);
}

std::vector<const Thread*> threads_named(const Table& table, const std::string& text) {
    std::vector<const Thread*> by_serial, by_tid, by_name;
    for (const Thread& thread : table.threads) {
        if (std::to_string(thread.serial) == text) by_serial.push_back(&thread);
        if (thread.tid != 0 && std::to_string(thread.tid) == text) by_tid.push_back(&thread);
        if (thread.name == text) by_name.push_back(&thread);
    }
    if (!by_serial.empty()) return by_serial;
    return by_tid.empty() ? by_name : by_tid;
}

}  // namespace mt::core
