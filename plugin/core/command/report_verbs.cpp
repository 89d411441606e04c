// SPDX-License-Identifier: MIT
//
// status, snapshot, stats, traceback, peak: the verbs that report. Each is a
// pure read; a snapshot is kept only after its report could be made.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "abi/layout.h"
#include "command/control.h"
#include "command/session.h"
#include "command/verb.h"
#include "read/reader.h"
#include "show/text.h"

namespace mt::core {
namespace {

struct View {
    Grouping grouping;
    std::size_t rows = 0;  // 0 = all
    bool json = false;
    bool source = false;
};

Result<View> view_of(const Session& session, const Arguments& arguments) {
    View view;
    view.rows = session.settings.rows;
    view.json = arguments.has("--json");
    view.source = session.settings.source || arguments.has("--source");
    view.grouping.raw = arguments.has("--raw");
    view.grouping.totals = view.json;
    if (const std::string* by = arguments.value("--by")) {
        std::vector<std::string_view> found;
        for (std::string_view name : key_type_names())
            if (!by->empty() && name.substr(0, by->size()) == *by) found.push_back(name);
        if (found.size() != 1)
            return fail(Code::usage, fmt::format("--by takes one of {}, not {}",
                                                 fmt::join(key_type_names(), ", "),
                                                 by->empty() ? "nothing" : *by));
        view.grouping.key = *key_type_of(found.front());
    }
    if (const std::string* rows = arguments.value("--top")) {
        const auto [end, error] =
            std::from_chars(rows->data(), rows->data() + rows->size(), view.rows);
        if (error != std::errc() || end != rows->data() + rows->size())
            return fail(Code::usage,
                        fmt::format("--top takes a number of rows (0 = all), not {}", *rows));
    }
    return view;
}

Result<std::vector<Statistic>> group(Session& session, const Table& table, const Process* process,
                                     const Grouping& grouping) {
    Resolver resolver(session.symboliser, table, session.sources_for(table, process));
    return statistics(resolver, session.skip, grouping,
                      [&session] { return session.debugger.interrupted(); });
}

StatisticsReport report_of(Session& session, std::string command, const Table& table,
                           const Process* process, const View& view,
                           const std::vector<Statistic>& rows) {
    StatisticsReport report;
    report.head = head_of(std::move(command), table);
    report.key = view.grouping.key;
    report.book = &session.symboliser.book();
    report.rows = &rows;
    report.shown = view.rows;
    report.remarks = table.remarks;
    if (view.source)
        report.source_line = session.source_lines(process == nullptr ? nullptr : &process->target);
    return report;
}

Result<std::shared_ptr<Table>> read(const Process& process, bool blocks) {
    ReadOptions options;
    options.blocks = blocks;
    auto table = read_table(*process.memory, process.status, options);
    if (!table) return tl::make_unexpected(std::move(table.error()));
    return std::make_shared<Table>(std::move(*table));
}

bool is_number(const std::string& text) {
    return !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
}

Result<void> check_name(Session& session, const std::string& name, bool replace) {
    if (name.empty() || is_number(name))
        return fail(Code::usage,
                    "the name of a snapshot is a word, not a number: snapshots are "
                    "numbered by themselves");
    if (session.find_snapshot(name) != nullptr && !replace)
        return fail(Code::usage,
                    fmt::format("there is a snapshot {} already; --replace forgets it", name));
    return {};
}

void keep(Session& session, const std::string& name, std::shared_ptr<Table> table) {
    if (!name.empty())
        std::erase_if(session.snapshots, [&name](const Kept& kept) { return kept.name == name; });
    session.snapshots.push_back({std::to_string(session.next_number++), name, std::move(table)});
}

// Modules that were unloaded after the snapshot: the debugger would name what is
// mapped at their place today.
Result<void> note_unloaded(const Process& process, Table& table) {
    auto now = read(process, false);
    if (!now) return tl::make_unexpected(std::move(now.error()));
    const auto& modules = (*now)->modules;
    for (std::size_t i = 0; i < table.modules.size() && i < modules.size(); ++i)
        if (table.modules[i].load_sequence == modules[i].load_sequence)
            table.modules[i].unload_sequence = modules[i].unload_sequence;
    return {};
}

// What the table says once the runtime has obeyed: peak := current.
void reset_peak(Table& table) {
    table.peak_size = table.current_size;
    table.peak_count = table.current_count;
    for (Trace& trace : table.traces) {
        trace.peak_size = trace.size;
        trace.peak_count = trace.count;
    }
}

// The process of a kept table if it is still there; interrupts are passed on.
Result<std::optional<Process>> same_process(Session& session, Table& table) {
    auto process = session.process();
    if (!process) {
        if (process.error().code == Code::interrupted)
            return tl::make_unexpected(std::move(process.error()));
        return std::nullopt;
    }
    if (session.sources_for(table, &*process).debugger != nullptr)
        if (auto noted = note_unloaded(*process, table); !noted) {
            if (noted.error().code == Code::interrupted)
                return tl::make_unexpected(std::move(noted.error()));
            return std::nullopt;
        }
    return std::optional<Process>(std::move(*process));
}

}  // namespace

Result<void> run_status(Session& session, const Arguments& arguments) {
    auto process = session.process();
    if (!process) {
        const bool absent =
            process.error().code == Code::no_process || process.error().code == Code::no_runtime;
        if (!absent || !session.pending.frames || arguments.has("--json"))
            return tl::make_unexpected(std::move(process.error()));
        session.say(fmt::format("tracing: off; starts {} (frames: {})\n",
                                process.error().code == Code::no_process
                                    ? "with the next run"
                                    : "as soon as the runtime is loaded",
                                *session.pending.frames));
        return {};
    }
    auto table = read(*process, false);
    if (!table) return tl::make_unexpected(std::move(table.error()));
    StatusReport report;
    report.head = head_of("status", **table);
    report.status = process->status;
    report.blocks = static_cast<std::uint64_t>(std::max<std::int64_t>(0, (*table)->current_count));
    report.tracebacks = (*table)->traces.size();
    report.own_bytes = (*table)->own_bytes;
    report.losses = (*table)->losses;
    report.remarks = (*table)->remarks;
    session.say(arguments.has("--json") ? status_json(report) : status_text(report));
    return {};
}

Result<void> run_snapshot(Session& session, const Arguments& arguments) {
    auto view = view_of(session, arguments);
    if (!view) return tl::make_unexpected(std::move(view.error()));
    const std::string name = arguments.words.empty() ? "" : arguments.words.front();
    if (!arguments.words.empty())
        if (auto good = check_name(session, name, arguments.has("--replace")); !good) return good;
    auto process = session.process();
    if (!process) return tl::make_unexpected(std::move(process.error()));
    if (!process->status.tracing)
        return fail(Code::refused,
                    "memory allocations are not being traced, so there is nothing "
                    "to take a snapshot of; mt start begins to trace");
    auto table = read(*process, arguments.has("--blocks"));
    if (!table) return tl::make_unexpected(std::move(table.error()));
    view->grouping.limit = (*table)->status.frame_limit;
    auto rows = group(session, **table, &*process, view->grouping);
    if (!rows) return tl::make_unexpected(std::move(rows.error()));
    const auto report = report_of(session, "snapshot", **table, &*process, *view, *rows);
    session.say(view->json ? statistics_json(report) : statistics_text(report));
    keep(session, name, *table);
    session.last = LastReport{*table, view->grouping, std::move(*rows)};
    return {};
}

Result<void> run_stats(Session& session, const Arguments& arguments) {
    auto view = view_of(session, arguments);
    if (!view) return tl::make_unexpected(std::move(view.error()));
    if (session.snapshots.empty())
        return fail(Code::usage, "there is no snapshot yet; mt snapshot takes one");
    Kept* kept = arguments.words.empty() ? &session.snapshots.back()
                                         : session.find_snapshot(arguments.words.front());
    if (kept == nullptr)
        return fail(Code::usage, fmt::format("there is no snapshot {}; mt list shows them",
                                             arguments.words.front()));
    const std::shared_ptr<Table> table = kept->table;
    if (arguments.has("--blocks") && !table->has_blocks)
        return fail(Code::usage,
                    fmt::format("snapshot {} has no blocks; take it with --blocks", kept->number));
    auto process = same_process(session, *table);
    if (!process) return tl::make_unexpected(std::move(process.error()));
    const Process* live = *process ? &**process : nullptr;
    view->grouping.limit = table->status.frame_limit;
    auto rows = group(session, *table, live, view->grouping);
    if (!rows) return tl::make_unexpected(std::move(rows.error()));
    const auto report = report_of(session, "stats", *table, live, *view, *rows);
    session.say(view->json ? statistics_json(report) : statistics_text(report));
    session.last = LastReport{table, view->grouping, std::move(*rows)};
    return {};
}

Result<void> run_traceback(Session& session, const Arguments& arguments) {
    if (!session.last)
        return fail(Code::usage, "there is no report yet; mt snapshot or mt peak makes one");
    if (arguments.words.empty())
        return fail(Code::usage, "mt traceback takes the number of a row of the last report");
    const std::string& word = arguments.words.front();
    std::size_t number = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
    const std::size_t rows_there = session.last->rows.size();
    if (error != std::errc() || end != word.data() + word.size() || number < 1 ||
        number > rows_there)
        return fail(Code::usage,
                    fmt::format("the last report has rows 1 to {}, not {}", rows_there, word));
    auto view = view_of(session, arguments);
    if (!view) return tl::make_unexpected(std::move(view.error()));
    const Statistic& row = session.last->rows[number - 1];
    const std::shared_ptr<Table> table = session.last->table;
    auto process = same_process(session, *table);
    if (!process) return tl::make_unexpected(std::move(process.error()));
    const Process* live = *process ? &**process : nullptr;
    const KeyType row_key = session.last->grouping.key;
    view->grouping.key = KeyType::traceback;
    view->grouping.figures = session.last->grouping.figures;
    view->grouping.raw = view->grouping.raw || session.last->grouping.raw;
    view->grouping.limit = table->status.frame_limit;
    view->grouping.only = &row.traces;
    auto stacks = group(session, *table, live, view->grouping);
    if (!stacks) return tl::make_unexpected(std::move(stacks.error()));
    auto report = report_of(session, "traceback", *table, live, *view, *stacks);
    report.shares = true;
    if (view->json) {
        session.say(statistics_json(report));
        return {};
    }
    const RowFrame& recent = row.traceback.front();
    std::string title = row_name(session.symboliser.book(), recent);
    if (row_key != KeyType::function) title += fmt::format(":{}", recent.line);
    session.say(fmt::format("{}: {}\n", title, format_statistic(row.size, row.count)));
    session.say(statistics_text(report));
    return {};
}

Result<void> run_peak(Session& session, const Arguments& arguments) {
    auto view = view_of(session, arguments);
    if (!view) return tl::make_unexpected(std::move(view.error()));
    auto process = session.process();
    if (!process) return tl::make_unexpected(std::move(process.error()));
    const bool reset = arguments.has("--reset");
    if (reset && process->target.kind != TargetKind::live)
        return fail(
            Code::refused,
            fmt::format("a {} cannot be changed; mt peak without --reset works here",
                        process->target.kind == TargetKind::core ? "core file" : "recording"));
    auto table = read(*process, false);
    if (!table) return tl::make_unexpected(std::move(table.error()));
    if (!process->status.tracing)
        (*table)->remarks.push_back({"not-tracing", "tracing is off; mt start begins to trace", 0});
    if (reset) reset_peak(**table);
    view->grouping.figures = Figures::peak;
    view->grouping.limit = (*table)->status.frame_limit;
    auto rows = group(session, **table, &*process, view->grouping);
    if (!rows) return tl::make_unexpected(std::move(rows.error()));
    // Last, so that an interrupted command has changed nothing.
    if (reset && process->status.tracing)
        if (auto done = Control(session.debugger, process->status.root_address).reset_peak(); !done)
            return done;
    const auto report = report_of(session, "peak", **table, &*process, *view, *rows);
    session.say(view->json ? statistics_json(report)
                           : figures_text(report.head) + statistics_text(report));
    session.last = LastReport{*table, view->grouping, std::move(*rows)};
    return {};
}

}  // namespace mt::core
