// SPDX-License-Identifier: MIT
//
// See rows.h.
#include "app/reports/rows.h"

#include <fmt/format.h>

#include <utility>

#include "app/choice.h"
#include "app/reports/making.h"
#include "app/threads.h"
#include "app/types.h"
#include "model/text.h"
#include "report/estimate.h"

namespace mt::core {
namespace {

StatisticsReport report_of(Session& session, std::string command, const Table& table,
                           const Process* process, const View& view, std::vector<Statistic> rows,
                           const Sum& total) {
    StatisticsReport report;
    fill(session.debuggee(), process, view, report);
    report.head = head_of(std::move(command), table);
    report.rows = std::move(rows);
    report.total = total;
    report.sort = view.grouping.sort;
    report.shares = view.shares;
    report.remarks = table.remarks;
    report.remarks.insert(report.remarks.end(), view.remarks.begin(), view.remarks.end());
    report.sample_bytes = table.status.sample_bytes;
    if (report.sample_bytes == 0) return report;
    if (is_of_blocks(report.key) && total.samples == 0) return report;  // exact
    const bool whole = !view.is_filtered();
    report.exact_total = whole && !is_total(report.sort);
    if (report.exact_total) {
        const bool live = view.grouping.figures == Figures::live;
        report.total.size = live ? table.current_size : table.peak_size;
        report.total.count = live ? table.current_count : table.peak_count;
    }
    report.remarks.push_back(sampled_remark(total.samples, report.sample_bytes, whole));
    return report;
}

// What the table says once the runtime has obeyed: peak := current.
void show_peak_reset(Table& table) {
    table.peak_size = table.current_size;
    table.peak_count = table.current_count;
    for (Trace& trace : table.traces) {
        trace.peak_size = trace.size;
        trace.peak_count = trace.count;
        trace.peak_samples = trace.samples;
    }
}

// The row of those without a type need not be among the first.
void remark_untyped(Table& table) {
    std::uint64_t count = 0;
    std::int64_t size = 0, whole = 0;
    for (const Block& block : table.blocks) {
        whole += static_cast<std::int64_t>(block.size);
        if (table.type_of(block) != 0) continue;
        ++count;
        size += static_cast<std::int64_t>(block.size);
    }
    if (count == 0) return;
    table.remarks.push_back(
        {"untyped",
         fmt::format("{} of {} blocks, {} of {}, are of no known type", count, table.blocks.size(),
                     format_size(size), format_size(whole)),
         count});
}

// Each open call has a peak of its own, which is what is asked for between two stops.
Result<void> add_open_scopes(Session& session, const Process& process, Table& table) {
    if (process.target.kind != TargetKind::live) return {};
    MT_TRY(session.scopes().look());
    for (const Scope& scope : session.scopes().all()) {
        for (const ScopeCall& call : session.scopes().open_calls(scope)) {
            table.remarks.push_back(
                {"open-scope",
                 fmt::format("call {} of scope {} is open; its own peak is {} above its entry",
                             call.number, scope.name, format_size(call.peak)),
                 static_cast<std::uint64_t>(call.peak)});
        }
    }
    return {};
}

}  // namespace

Result<MadeReport> make_report(Session& session, std::string command, std::shared_ptr<Table> table,
                               const Process* process, View view) {
    view.grouping.limit = table->status.frame_limit;
    Debuggee& debuggee = session.debuggee();
    Side side = MT_TRY(side_of(debuggee, *table, process, view.grouping));
    if (view.grouping.key == KeyType::thread) {
        const ThreadTitles titles = MT_TRY(ThreadTitles::of(debuggee, process, *table));
        titles.put(debuggee.book(), side.rows);
    }
    MadeReport made;
    made.report = report_of(session, std::move(command), *table, process, view,
                            std::move(side.rows), side.total);
    if (made.report.rows.empty())
        if (auto remark = no_match(debuggee.book(), view.grouping.filters))
            made.report.remarks.push_back(std::move(*remark));
    made.table = std::move(table);
    made.grouping = std::move(view.grouping);
    made.grouping.only = nullptr;
    return made;
}

void remember(Session& session, MadeReport made) {
    LastReport last;
    last.command = std::move(made.report.head.command);
    last.table = std::move(made.table);
    last.grouping = std::move(made.grouping);
    last.rows = without_frames(std::move(made.report.rows));
    session.remember(std::move(last));
}

Result<MadeReport> take_snapshot(Session& session, View view, bool blocks) {
    const Process process = MT_TRY(session.debuggee().process_or_heap());
    MT_TRY(needs_tracing(process, "there is nothing to take a snapshot of"));
    const std::shared_ptr<Table> table = MT_TRY(read_now(process, wanted(view, blocks)));
    if (view.needs_types()) MT_TRY(find_types(session.debuggee(), process, *table));
    if (view.grouping.key == KeyType::type) remark_untyped(*table);
    MT_TRY(choose_blocks(session, *table, "the process", view));
    return make_report(session, "snapshot", table, &process, std::move(view));
}

Result<MadeReport> statistics_of(Session& session, const std::string* snapshot, View view,
                                 bool blocks) {
    const Kept kept = MT_TRY(session.shelf().snapshot(snapshot, blocks || view.needs_blocks()));
    MT_TRY(choose_blocks(session, *kept.table, "snapshot " + kept.number, view));
    const auto process = MT_TRY(session.debuggee().same_process({kept.table.get()}));
    return make_report(session, "stats", kept.table, pointer(process), std::move(view));
}

Result<MadeReport> peak_report(Session& session, View view, bool reset) {
    const Process process = MT_TRY(session.debuggee().process());
    if (reset && process.target.kind != TargetKind::live)
        return fail(Code::refused,
                    fmt::format("a {} cannot be changed; mt peak without --reset works here",
                                process.is_core() ? "core file" : "recording"));
    const std::shared_ptr<Table> table = MT_TRY(read_now(process));
    if (!process.status.tracing)
        table->remarks.push_back({"not-tracing", "tracing is off; mt start begins to trace", 0});
    MT_TRY(add_open_scopes(session, process, *table));
    if (reset) show_peak_reset(*table);
    if (is_of_blocks(view.grouping.key))
        return fail(Code::usage, fmt::format("what the peak was made of is not known by {0}; "
                                             "mt snapshot --by {0} shows what is live",
                                             name_of(view.grouping.key)));
    view.grouping.figures = Figures::peak;
    MadeReport made = MT_TRY(make_report(session, "peak", table, &process, std::move(view)));
    made.report.of_peak = true;
    return made;
}

Result<StatisticsReport> whole_report(Session& session, const Kept& kept, bool raw) {
    const auto process = MT_TRY(session.debuggee().same_process({kept.table.get()}));
    View view;
    view.grouping.key = KeyType::traceback;
    view.grouping.totals = true;
    view.grouping.raw = raw;
    view.grouping.hides = !raw;
    MadeReport made =
        MT_TRY(make_report(session, "export", kept.table, pointer(process), std::move(view)));
    return std::move(made.report);
}

}  // namespace mt::core
