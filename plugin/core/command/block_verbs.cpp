// SPDX-License-Identifier: MIT
//
// mt block: single blocks, by address.
#include <algorithm>

#include "abi/layout.h"
#include "analyse/by_thread.h"
#include "analyse/frames.h"
#include "command/addresses.h"
#include "command/reporting.h"
#include "command/shown_blocks.h"
#include "command/verb.h"
#include "command/view.h"
#include "read/lookup.h"

namespace mt::core {
namespace {

std::size_t limit_of(const Table& table) {
    return table.status.frame_limit == 0 ? abi::kMaxFrames : table.status.frame_limit;
}

Result<ShownFreed> shown_freed(FrameWalk& walk, const FrameBook& book, const Table& table,
                               const FreedBlock& block, bool raw) {
    ShownFreed shown;
    shown.block = block;
    if (block.thread != 0) shown.thread = thread_title(table, stamp_serial_of_thread(block.thread));
    for (auto [id, rows] :
         {std::pair(block.stack, &shown.allocated), std::pair(block.freed_by, &shown.freed)}) {
        if (id == abi::kStackNone) continue;
        for (const Trace& trace : table.traces) {
            if (trace.id != id) continue;
            auto found = MT_TRY(row_frames(walk, book, trace, limit_of(table), raw));
            rows->insert(rows->end(), found.begin(), found.end());
        }
    }
    return shown;
}

Result<BlockReport> report_of(Session& session, const Process& process, std::uint64_t address,
                              const View& view) {
    BlockReport report;
    report.address = address;
    report.book = &session.symboliser.book();
    Beside beside;
    auto table = MT_TRY(read_blocks_at(*process.memory, process.status, address, &beside));
    report.below = beside.below;
    report.stamps = table.has_stamps;
    report.remarks = table.remarks;
    add_doubts(process, report.remarks);
    report.traceback.limit = view.limit;
    report.traceback.most_recent_first = true;
    if (view.source) report.traceback.source_line = session.source_lines(&process.target);
    Resolver resolver(session.symboliser, table, session.sources_for(table, &process));
    FrameWalk walk(resolver, session.skip, view.grouping.raw);
    for (const Block& block : table.blocks) {
        const auto trace = std::find_if(table.traces.begin(), table.traces.end(),
                                        [&](const Trace& one) { return one.id == block.stack; });
        auto shown = MT_TRY(shown_block(walk, *report.book, table, block, *trace, limit_of(table),
                                        view.grouping.raw));
        report.blocks.push_back(std::move(shown));
    }
    if (!report.blocks.empty()) return report;
    if (beside.freed) {
        auto freed =
            MT_TRY(shown_freed(walk, *report.book, table, *beside.freed, view.grouping.raw));
        report.freed = std::move(freed);
    }
    auto place = MT_TRY(place_of(session, process, table, address));
    report.place = std::move(place);
    return report;
}

}  // namespace

Result<ShownBlock> shown_block(FrameWalk& walk, const FrameBook& book, const Table& table,
                               const Block& block, const Trace& trace, std::size_t frames,
                               bool raw) {
    ShownBlock shown;
    shown.block = block;
    shown.domain = table.domain_of(block);
    shown.stamp = stamp_of(table, block);
    if (shown.stamp && shown.stamp->thread != 0)
        shown.thread = thread_title(table, shown.stamp->thread);
    auto found = MT_TRY(row_frames(walk, book, trace, frames, raw));
    shown.traceback = std::move(found);
    return shown;
}

Result<std::vector<RowFrame>> row_frames(FrameWalk& walk, const FrameBook& book, const Trace& trace,
                                         std::size_t frames, bool raw) {
    auto found = MT_TRY(walk.frames(trace, frames));
    std::vector<RowFrame> rows;
    for (const TraceFrame& at : *found) rows.push_back(row_of(book, at, raw));
    return rows;
}

Result<void> run_block(Session& session, const Arguments& arguments) {
    auto view = MT_TRY(view_of(session.settings, arguments));
    if (arguments.words.empty())
        return fail(Code::usage,
                    "mt block takes an address: a number, or an expression such as "
                    "node->next");
    auto process = MT_TRY(session.process());
    if (!process.status.tracing)
        return fail(Code::refused,
                    "memory allocations are not being traced, so no block is known; mt start "
                    "begins to trace");
    auto address = MT_TRY(address_of(session, arguments.words.front()));
    auto report = MT_TRY(report_of(session, process, address, view));
    session.say(view.json ? block_json(report) : block_text(report));
    if (session.source_interrupted) return fail(Code::interrupted, "interrupted");
    return {};
}

}  // namespace mt::core
