// SPDX-License-Identifier: MIT
//
// See block.h.
#include "app/reports/block.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "abi/layout.h"
#include "app/addresses.h"
#include "app/heap/place.h"
#include "app/reports/frames.h"
#include "app/threads.h"
#include "app/types.h"
#include "read/lookup.h"

namespace mt::core {
namespace {

// The traces of blocks that were read one by one are few.
const Trace* trace_of(const Table& table, std::uint32_t stack) {
    for (const Trace& trace : table.traces)
        if (trace.id == stack) return &trace;
    return nullptr;
}

// Of a heap that nobody traced: as if its table had been looked at for this address alone.
Table block_in_heap(const Process& process, std::uint64_t address, Beside& beside) {
    const Table& all = *process.untraced;
    Table table;
    table.status = all.status;
    table.modules = all.modules;
    table.traces = all.traces;
    table.remarks = all.remarks;
    table.has_blocks = true;
    const auto next =
        std::upper_bound(all.blocks.begin(), all.blocks.end(), address,
                         [](std::uint64_t at, const Block& block) { return at < block.address; });
    if (next == all.blocks.begin()) return table;
    const Block& block = *std::prev(next);
    if (holds(block, address)) {
        table.blocks.push_back(block);
    } else {
        beside.below = block;
    }
    return table;
}

Result<Table> blocks_at(const Process& process, std::uint64_t address, Beside& beside) {
    if (process.untraced) return block_in_heap(process, address, beside);
    return read_blocks_at(*process.memory, process.status, address, &beside);
}

Result<ShownFreed> shown_freed(FrameWalk& walk, const FrameBook& book, const Table& table,
                               const ThreadTitles& titles, const FreedBlock& block, bool raw) {
    ShownFreed shown;
    shown.block = block;
    if (block.thread != 0) shown.thread = titles(stamp_serial_of_thread(block.thread));
    for (auto [id, rows] :
         {std::pair(block.stack, &shown.allocated), std::pair(block.freed_by, &shown.freed)}) {
        const Trace* trace = id == abi::kStackNone ? nullptr : trace_of(table, id);
        if (trace == nullptr) continue;
        *rows = MT_TRY(row_frames(walk, book, *trace, most_frames(table.status.frame_limit), raw));
    }
    return shown;
}

Result<ShownBlock> shown_block(FrameWalk& walk, const FrameBook& book, const Table& table,
                               const ThreadTitles& titles, const Block& block, bool raw) {
    ShownBlock shown;
    shown.block = block;
    shown.domain = table.domain_of(block);
    shown.stamp = stamp_of(table, block);
    shown.type = BlockType::of(table.type_of(block));
    if (shown.stamp && shown.stamp->thread != 0) shown.thread = titles(shown.stamp->thread);
    shown.traceback = MT_TRY(row_frames(walk, book, *trace_of(table, block.stack),
                                        most_frames(table.status.frame_limit), raw));
    return shown;
}

}  // namespace

Result<BlockReport> block_report(Debuggee& debuggee, const std::string& expression,
                                 const View& view) {
    const Process process = MT_TRY(debuggee.process_or_heap());
    MT_TRY(needs_tracing(process, "no block is known"));
    BlockReport report;
    report.address = MT_TRY(address_of(debuggee, expression));
    report.book = &debuggee.book();
    Beside beside;
    Table table = MT_TRY(blocks_at(process, report.address, beside));
    MT_TRY(find_types(debuggee, process, table));
    report.below = beside.below;
    report.stamps = table.has_stamps;
    report.remarks = table.remarks;
    add_doubts(process, report.remarks);
    report.traceback.limit = view.limit;
    report.traceback.most_recent_first = true;
    if (view.source) report.traceback.source_line = debuggee.source_lines(!process.target.remote);
    const ThreadTitles titles = MT_TRY(ThreadTitles::of(debuggee, &process, table));
    Resolver resolver = debuggee.resolver(table, &process);
    const bool raw = view.grouping.raw;
    FrameWalk walk(resolver, debuggee.skip(), raw, true);
    for (const Block& block : table.blocks) {
        ShownBlock shown = MT_TRY(shown_block(walk, *report.book, table, titles, block, raw));
        report.blocks.push_back(std::move(shown));
    }
    if (!report.blocks.empty()) return report;
    if (beside.freed)
        report.freed = MT_TRY(shown_freed(walk, *report.book, table, titles, *beside.freed, raw));
    if (process.heaps) {
        const auto threads = MT_TRY(debuggee.debugger().threads());
        report.place = place_in_heaps(*process.heaps, threads, report.address);
        if (report.place) return report;
    }
    report.place = MT_TRY(place_of(debuggee, process, table, report.address));
    return report;
}

Result<std::optional<TracedBlock>> traced_block(Debuggee& debuggee, const Process& process,
                                                std::uint64_t address) {
    const Table table = MT_TRY(read_blocks_at(*process.memory, process.status, address));
    if (table.blocks.empty() || table.domain_of(table.blocks.front()) != 0)
        return std::optional<TracedBlock>();
    Resolver resolver = debuggee.resolver(table, &process);
    FrameWalk walk(resolver, debuggee.skip(), false);
    const std::vector<TraceFrame>* frames =
        MT_TRY(walk.frames(table.traces.front(), most_frames(table.status.frame_limit)));
    return std::optional(TracedBlock{table.blocks.front(), *frames});
}

}  // namespace mt::core
