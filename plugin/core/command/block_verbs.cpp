// SPDX-License-Identifier: MIT
//
// mt block: single blocks, by address.
#include "abi/layout.h"
#include "analyse/by_thread.h"
#include "analyse/frames.h"
#include "command/addresses.h"
#include "command/reporting.h"
#include "command/verb.h"
#include "command/view.h"
#include "read/lookup.h"

namespace mt::core {
namespace {

Result<std::vector<RowFrame>> traceback_of(FrameWalk& walk, const FrameBook& book,
                                           const Trace& trace, std::uint16_t limit, bool raw) {
    auto frames = walk.frames(trace, limit == 0 ? abi::kMaxFrames : limit);
    if (!frames) return tl::make_unexpected(std::move(frames.error()));
    std::vector<RowFrame> rows;
    for (const TraceFrame& at : **frames) rows.push_back(row_of(book, at, raw));
    return rows;
}

Result<BlockReport> report_of(Session& session, const Process& process, std::uint64_t address,
                              const View& view) {
    BlockReport report;
    report.address = address;
    report.book = &session.symboliser.book();
    auto table = read_blocks_at(*process.memory, process.status, address, &report.below);
    if (!table) return tl::make_unexpected(std::move(table.error()));
    report.stamps = table->has_stamps;
    report.remarks = table->remarks;
    report.traceback.limit = view.limit;
    report.traceback.most_recent_first = true;
    if (view.source) report.traceback.source_line = session.source_lines(&process.target);
    Resolver resolver(session.symboliser, *table, session.sources_for(*table, &process));
    FrameWalk walk(resolver, session.skip, view.grouping.raw);
    for (const Block& block : table->blocks) {
        ShownBlock& shown = report.blocks.emplace_back();
        shown.block = block;
        shown.domain = table->domain_of(block);
        shown.stamp = stamp_of(*table, block);
        if (shown.stamp && shown.stamp->thread != 0)
            shown.thread = thread_title(*table, shown.stamp->thread);
        for (const Trace& trace : table->traces) {
            if (trace.id != block.stack) continue;
            auto rows = traceback_of(walk, *report.book, trace, table->status.frame_limit,
                                     view.grouping.raw);
            if (!rows) return tl::make_unexpected(std::move(rows.error()));
            shown.traceback = std::move(*rows);
        }
    }
    if (!report.blocks.empty()) return report;
    auto place = place_of(session, process, *table, address);
    if (!place) return tl::make_unexpected(std::move(place.error()));
    report.place = std::move(*place);
    return report;
}

}  // namespace

Result<void> run_block(Session& session, const Arguments& arguments) {
    auto view = view_of(session.settings, arguments);
    if (!view) return tl::make_unexpected(std::move(view.error()));
    if (arguments.words.empty())
        return fail(Code::usage,
                    "mt block takes an address: a number, or an expression such as "
                    "node->next");
    auto process = session.process();
    if (!process) return tl::make_unexpected(std::move(process.error()));
    if (!process->status.tracing)
        return fail(Code::refused,
                    "memory allocations are not being traced, so no block is known; mt start "
                    "begins to trace");
    auto address = address_of(session, arguments.words.front());
    if (!address) return tl::make_unexpected(std::move(address.error()));
    auto report = report_of(session, *process, *address, *view);
    if (!report) return tl::make_unexpected(std::move(report.error()));
    session.say(view->json ? block_json(*report) : block_text(*report));
    if (session.source_interrupted) return fail(Code::interrupted, "interrupted");
    return {};
}

}  // namespace mt::core
