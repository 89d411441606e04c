// SPDX-License-Identifier: MIT
//
// status, snapshot, stats, peak: the verbs that report. Each is a
// pure read; a snapshot is kept only after its report could be made.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "command/block_view.h"
#include "command/control.h"
#include "command/reporting.h"
#include "command/verb.h"
#include "read/reader.h"
#include "show/estimate.h"
#include "show/text.h"

namespace mt::core {
namespace {

// What the table says once the runtime has obeyed: peak := current.
void reset_peak(Table& table) {
    table.peak_size = table.current_size;
    table.peak_count = table.current_count;
    for (Trace& trace : table.traces) {
        trace.peak_size = trace.size;
        trace.peak_count = trace.count;
        trace.peak_samples = trace.samples;
    }
}

// Without a runtime to look at, a start that waits is the status.
Result<void> pending_status(Session& session, Error error, const Arguments& arguments) {
    auto target = MT_TRY(session.debugger.target());
    const bool next = error.code == Code::no_process && session.pending.next_run.has_value();
    const bool load = error.code == Code::no_runtime && session.waits_for(target);
    if ((!next && !load) || arguments.has("--json")) return fail(std::move(error));
    const Start& start = next ? *session.pending.next_run : *session.pending.on_load;
    session.say(fmt::format("tracing: off; starts {} (frames: {}{})\n",
                            next ? "with the next run" : "as soon as the runtime is loaded",
                            start.frames, sampled_text(start.sample_bytes)));
    return {};
}

}  // namespace

Result<void> run_status(Session& session, const Arguments& arguments) {
    auto process = session.process();
    if (!process) return pending_status(session, std::move(process.error()), arguments);
    ReadOptions options;
    options.unmade = true;
    auto table = MT_TRY(read_table(*process->memory, process->status, options));
    StatusReport report;
    report.head = head_of("status", table);
    report.status = process->status;
    report.status.paused_threads = table.status.paused_threads;
    report.blocks = static_cast<std::uint64_t>(std::max<std::int64_t>(0, table.current_count));
    report.tracebacks = table.traces.size();
    report.own_bytes = table.own_bytes;
    report.losses = table.losses;
    report.remarks = table.remarks;
    session.say(arguments.has("--json") ? status_json(report) : status_text(report));
    return {};
}

Result<void> run_snapshot(Session& session, const Arguments& arguments) {
    auto view = MT_TRY(view_of(session.settings, arguments));
    const std::string name = arguments.words.empty() ? "" : arguments.words.front();
    if (!arguments.words.empty()) MT_TRY(check_name(session, name, arguments.has("--replace")));
    auto process = MT_TRY(session.process());
    if (!process.status.tracing)
        return fail(Code::refused,
                    "memory allocations are not being traced, so there is nothing "
                    "to take a snapshot of; mt start begins to trace");
    const bool all = arguments.has("--blocks");
    auto table =
        MT_TRY(read_now(process, all || needs_blocks(view), all || needs_thread_traces(view)));
    MT_TRY(choose_blocks(session, *table, "the process", view));
    auto made = MT_TRY(make_report(session, "snapshot", table, &process, view, session.printer()));
    keep_snapshot(session, name, table);
    session.last = std::move(made);
    return {};
}

Result<void> run_stats(Session& session, const Arguments& arguments) {
    auto view = MT_TRY(view_of(session.settings, arguments));
    auto found = MT_TRY(kept_snapshot(session, arguments.words, 0));
    Kept* kept = found;
    const bool blocks = arguments.has("--blocks") || needs_blocks(view);
    MT_TRY(has_blocks(*kept, blocks));
    MT_TRY(choose_blocks(session, *kept->table, "snapshot " + kept->number, view));
    auto process = MT_TRY(same_process(session, {kept->table.get()}));
    auto made = MT_TRY(make_report(session, "stats", kept->table, process ? &*process : nullptr,
                                   view, session.printer()));
    session.last = std::move(made);
    return {};
}

namespace {

// Each open call has a peak of its own, which is what is asked for between two stops.
Result<void> add_open_scopes(Session& session, const Process& process, Table& table) {
    if (process.target.kind != TargetKind::live) return {};
    MT_TRY(session.scopes.look(session));
    for (const Scope& scope : session.scopes.all()) {
        for (const ScopeCall& call : session.scopes.open_calls(scope)) {
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

Result<void> run_peak(Session& session, const Arguments& arguments) {
    auto view = MT_TRY(view_of(session.settings, arguments));
    auto process = MT_TRY(session.process());
    const bool reset = arguments.has("--reset");
    if (reset && process.target.kind != TargetKind::live)
        return fail(
            Code::refused,
            fmt::format("a {} cannot be changed; mt peak without --reset works here",
                        process.target.kind == TargetKind::core ? "core file" : "recording"));
    auto table = MT_TRY(read_now(process, false));
    if (!process.status.tracing)
        table->remarks.push_back({"not-tracing", "tracing is off; mt start begins to trace", 0});
    MT_TRY(add_open_scopes(session, process, *table));
    if (reset) reset_peak(*table);
    if (view.grouping.key == KeyType::thread)
        return fail(Code::usage, "what the peak was made of is not known by thread");
    view.grouping.figures = Figures::peak;
    if (!view.json) session.say(figures_text(head_of("peak", *table)));
    auto made = MT_TRY(make_report(session, "peak", table, &process, view, session.printer()));
    // Last, so that an interrupted command has changed nothing.
    if (reset && process.status.tracing)
        MT_TRY(Control(session.debugger, process.status.root_address).reset_peak());
    session.last = std::move(made);
    return {};
}

}  // namespace mt::core
