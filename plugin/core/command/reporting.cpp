// SPDX-License-Identifier: MIT
//
// See reporting.h.
#include "command/reporting.h"

#include <fmt/format.h>

#include <charconv>
#include <utility>

#include "read/reader.h"
#include "show/estimate.h"

namespace mt::core {
namespace {

Result<std::vector<Statistic>> group(Session& session, const Table& table, const Process* process,
                                     const Grouping& grouping) {
    Resolver resolver(session.symboliser, table, session.sources_for(table, process));
    return statistics(resolver, session.skip, grouping,
                      [&session] { return session.debugger.interrupted(); });
}

// Modules that were unloaded after the snapshot: the debugger would name what is
// mapped at their place today.
Result<void> note_unloaded(const Process& process, Table& table) {
    auto now = read_now(process, false);
    if (!now) return tl::make_unexpected(std::move(now.error()));
    const auto& modules = (*now)->modules;
    for (std::size_t i = 0; i < table.modules.size() && i < modules.size(); ++i)
        if (table.modules[i].load_sequence == modules[i].load_sequence)
            table.modules[i].unload_sequence = modules[i].unload_sequence;
    return {};
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
    report.shares = view.shares;
    report.sample_bytes = table.status.sample_bytes;
    if (report.sample_bytes != 0) {
        const bool whole = view.grouping.only == nullptr;
        const Head& head = report.head;
        if (whole)
            report.exact_total = view.grouping.figures == Figures::live ? head.current : head.peak;
        report.remarks.push_back(
            sampled_remark(sum_of(rows, 0).samples, report.sample_bytes, whole));
    }
    if (view.source)
        report.source_line = session.source_lines(process == nullptr ? nullptr : &process->target);
    return report;
}

}  // namespace

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

Result<std::shared_ptr<Table>> read_now(const Process& process, bool blocks) {
    ReadOptions options;
    options.blocks = blocks;
    auto table = read_table(*process.memory, process.status, options);
    if (!table) return tl::make_unexpected(std::move(table.error()));
    return std::make_shared<Table>(std::move(*table));
}

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

Result<Made> make_report(Session& session, std::string command, std::shared_ptr<Table> table,
                         const Process* process, View view) {
    view.grouping.limit = table->status.frame_limit;
    auto rows = group(session, *table, process, view.grouping);
    if (!rows) return tl::make_unexpected(std::move(rows.error()));
    const auto report = report_of(session, std::move(command), *table, process, view, *rows);
    Made made;
    made.head = report.head;
    made.text = view.json ? statistics_json(report) : statistics_text(report);
    // Source lines are asked for while rendering, so the user may stop it there.
    if (session.source_interrupted) return fail(Code::interrupted, "interrupted");
    view.grouping.only = nullptr;
    made.report = {std::move(table), view.grouping, std::move(*rows)};
    return made;
}

}  // namespace mt::core
