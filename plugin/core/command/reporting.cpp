// SPDX-License-Identifier: MIT
//
// See reporting.h.
#include "command/reporting.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "model/wrapping.h"
#include "read/reader.h"
#include "show/estimate.h"

namespace mt::core {
namespace {

Result<std::vector<Statistic>> group(Session& session, const Table& table, const Process* process,
                                     const Grouping& grouping) {
    Resolver resolver(session.symboliser, table, session.sources_for(table, process));
    return statistics(resolver, session.skip, grouping, session.interrupted());
}

// Modules that were unloaded after the snapshot: the debugger would name what is
// mapped at their place today.
Result<void> note_unloaded(const Process& process, Table& table) {
    ReadOptions options;
    options.counters = false;
    options.modules = true;
    auto now = MT_TRY(read_table(*process.memory, process.status, options));
    const auto& modules = now.modules;
    for (std::size_t i = 0; i < table.modules.size() && i < modules.size(); ++i)
        if (table.modules[i].load_sequence == modules[i].load_sequence)
            table.modules[i].unload_sequence = modules[i].unload_sequence;
    return {};
}

// Each trace once, also where rows count it several times.
Result<Sum> total_of(Session& session, const Table& table, const Process* process,
                     const Grouping& grouping, const std::vector<Statistic>& rows) {
    if (!grouping.cumulative) return sum_of(rows, 0);
    Grouping once = grouping;
    once.cumulative = false;
    once.key = KeyType::domain;
    auto domains = MT_TRY(group(session, table, process, once));
    return sum_of(domains, 0);
}

void fill(Session& session, const Process* process, const View& view, RowReport& report) {
    report.key = view.grouping.key;
    report.cumulative = view.grouping.cumulative;
    report.book = &session.symboliser.book();
    report.shown = view.rows;
    report.traceback.limit = view.limit;
    report.traceback.most_recent_first = view.most_recent_first;
    report.traceback.functions = view.shares;
    // Traceback.format() has source lines without being asked.
    if (view.source || view.grouping.key == KeyType::traceback)
        report.traceback.source_line =
            session.source_lines(process == nullptr ? nullptr : &process->target);
}

StatisticsReport report_of(Session& session, std::string command, const Table& table,
                           const Process* process, const View& view,
                           const std::vector<Statistic>& rows, const Sum& total) {
    StatisticsReport report;
    fill(session, process, view, report);
    report.head = head_of(std::move(command), table);
    report.rows = &rows;
    report.total = total;
    report.sort = view.grouping.sort;
    report.shares = view.shares;
    report.remarks = table.remarks;
    report.remarks.insert(report.remarks.end(), view.remarks.begin(), view.remarks.end());
    report.sample_bytes = table.status.sample_bytes;
    if (report.sample_bytes == 0) return report;
    if (report.key == KeyType::thread && total.samples == 0) return report;  // exact
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

std::vector<Remark> remarks_of(const Compared& compared) {
    std::vector<Remark> remarks = compared.now->remarks;
    for (Remark remark : compared.old->remarks) {
        remark.text = fmt::format("snapshot {}: {}", compared.old_name, remark.text);
        remarks.push_back(std::move(remark));
    }
    const Identity &now = compared.now->status.identity, &old = compared.old->status.identity;
    if (now.cookie != old.cookie || now.pid != old.pid)
        remarks.push_back({"processes", "the snapshots are of different processes", 0});
    else if (now.generation != old.generation)
        remarks.push_back(
            {"generations",
             "all traces were dropped between the snapshots (start or clear): blocks from before "
             "that are missing in the new one",
             0});
    return remarks;
}

DifferenceReport report_of(Session& session, std::string command, const Compared& compared,
                           const Process* process, const View& view,
                           const std::vector<StatisticDiff>& rows, StatisticDiff total) {
    DifferenceReport report;
    fill(session, process, view, report);
    report.head = head_of(std::move(command), *compared.now);
    report.rows = &rows;
    report.total = std::move(total);
    report.old = compared.old_name;
    report.now = compared.new_name;
    report.remarks = remarks_of(compared);
    report.remarks.insert(report.remarks.end(), view.remarks.begin(), view.remarks.end());
    const Table &now = *compared.now, &old = *compared.old;
    report.sample_bytes = std::max(now.status.sample_bytes, old.status.sample_bytes);
    if (report.sample_bytes == 0) return report;
    if (report.key == KeyType::thread && report.total.samples == 0) return report;  // exact
    const bool whole = !view.is_filtered() && compared.only_new == nullptr;
    report.remarks.push_back(sampled_remark(report.total.samples, report.sample_bytes, whole));
    if (whole) {
        report.total.size = now.current_size;
        report.total.count = now.current_count;
        report.total.size_diff = subtract(now.current_size, old.current_size);
        report.total.count_diff = subtract(now.current_count, old.current_count);
        report.total.samples = 0;
    }
    return report;
}

// What mt traceback needs of a row is its traces and its title; a hundred
// thousand tracebacks of 32 frames would be 200 MB.
template <typename Row>
std::vector<Row> without_frames(std::vector<Row> rows) {
    for (Row& row : rows) row.traceback = {row.traceback.front()};
    return rows;
}

// Rows of one side and their total.
struct Side {
    std::vector<Statistic> rows;
    Sum total;
};
Result<Side> side_of(Session& session, const Table& table, const Process* process,
                     Grouping grouping, const std::vector<std::uint32_t>* only) {
    grouping.only = only;
    auto rows = MT_TRY(group(session, table, process, grouping));
    auto total = MT_TRY(total_of(session, table, process, grouping, rows));
    return Side{std::move(rows), total};
}

}  // namespace

Result<std::shared_ptr<Table>> read_now(const Process& process, bool blocks, bool threads) {
    ReadOptions options;
    options.blocks = blocks;
    options.threads = threads;
    auto table = MT_TRY(read_table(*process.memory, process.status, options));
    add_doubts(process, table.remarks);
    return std::make_shared<Table>(std::move(table));
}

Result<std::optional<Process>> same_process(Session& session, const std::vector<Table*>& tables) {
    auto process = session.process();
    if (!process) {
        if (process.error().code == Code::interrupted) return fail(std::move(process.error()));
        return std::nullopt;
    }
    for (Table* table : tables) {
        if (session.sources_for(*table, &*process).debugger == nullptr) continue;
        auto noted = note_unloaded(*process, *table);
        if (noted) continue;
        if (noted.error().code == Code::interrupted) return fail(std::move(noted.error()));
        return std::nullopt;
    }
    return std::optional<Process>(std::move(*process));
}

Result<Kept*> kept_snapshot(Session& session, const std::vector<std::string>& words,
                            std::size_t index) {
    if (index < words.size()) {
        if (Kept* kept = session.find_snapshot(words[index])) return kept;
        return fail(Code::usage,
                    fmt::format("there is no snapshot {}; mt list shows them", words[index]));
    }
    if (session.snapshots.empty())
        return fail(Code::usage, "there is no snapshot yet; mt snapshot takes one");
    return &session.snapshots.back();
}

Result<void> check_name(Session& session, const std::string& name, bool replace) {
    const bool is_number = name.find_first_not_of("0123456789") == std::string::npos;
    if (is_number)  // or empty
        return fail(Code::usage,
                    "the name of a snapshot or mark is a word, not a number: they are numbered by "
                    "themselves");
    if (replace) return {};
    if (session.find_snapshot(name) != nullptr)
        return fail(Code::usage,
                    fmt::format("there is a snapshot {} already; --replace forgets it", name));
    for (const Mark& mark : session.marks)
        if (mark.name == name)
            return fail(Code::usage,
                        fmt::format("there is a mark {} already; --replace forgets it", name));
    return {};
}

void forget_name(Session& session, const std::string& name) {
    if (name.empty()) return;
    std::erase_if(session.snapshots, [&name](const Kept& kept) { return kept.name == name; });
    std::erase_if(session.marks, [&name](const Mark& mark) { return mark.name == name; });
}

void keep_snapshot(Session& session, const std::string& name, std::shared_ptr<Table> table,
                   const std::string& file) {
    forget_name(session, name);
    session.snapshots.push_back(
        {std::to_string(session.next_number++), name, std::move(table), file});
}

ListedSnapshot listed(const Kept& kept) {
    const Table& table = *kept.table;
    return {kept.number,
            kept.name,
            {table.current_size, table.current_count},
            table.traces.size(),
            table.status.identity.pid,
            table.has_blocks,
            table.status.sample_bytes,
            kept.file};
}

Result<void> has_blocks(const Kept& kept, bool wanted) {
    if (!wanted || kept.table->has_blocks) return {};
    return fail(Code::usage,
                fmt::format("snapshot {} has no blocks; take it with --blocks", kept.number));
}

Result<LastReport> make_report(Session& session, std::string command, std::shared_ptr<Table> table,
                               const Process* process, View view, const Sink& sink) {
    view.grouping.limit = table->status.frame_limit;
    auto side = MT_TRY(side_of(session, *table, process, view.grouping, view.grouping.only));
    const auto report =
        report_of(session, std::move(command), *table, process, view, side.rows, side.total);
    MT_TRY(view.json ? statistics_json(report, sink) : statistics_text(report, sink));
    // Source lines are asked for while rendering, so the user may stop it there.
    if (session.source_interrupted) return interrupted_error();
    view.grouping.only = nullptr;
    LastReport made;
    made.table = std::move(table);
    made.grouping = std::move(view.grouping);
    made.rows = without_frames(std::move(side.rows));
    return made;
}

Result<LastReport> make_difference(Session& session, std::string command, const Compared& compared,
                                   const Process* process, View view, const Sink& sink) {
    // Tracebacks of unequal length would have no row in common.
    view.grouping.limit =
        std::min(compared.now->status.frame_limit, compared.old->status.frame_limit);
    auto now = MT_TRY(side_of(session, *compared.now, process, view.grouping, compared.only_new));
    auto old = MT_TRY(side_of(session, *compared.old, process, view.grouping, compared.only_old));
    StatisticDiff total;
    total.size = now.total.size;
    total.size_diff = subtract(now.total.size, old.total.size);
    total.count = now.total.count;
    total.count_diff = subtract(now.total.count, old.total.count);
    total.samples = add(now.total.samples, old.total.samples);
    auto rows = MT_TRY(compare(session.symboliser.book(), std::move(now.rows), std::move(old.rows),
                               session.interrupted()));
    const auto report =
        report_of(session, std::move(command), compared, process, view, rows, std::move(total));
    MT_TRY(view.json ? difference_json(report, sink) : difference_text(report, sink));
    if (session.source_interrupted) return interrupted_error();
    LastReport made;
    made.table = compared.now;
    made.old = compared.old;
    made.grouping = std::move(view.grouping);
    made.changes = without_frames(std::move(rows));
    made.new_name = compared.new_name;
    made.old_name = compared.old_name;
    return made;
}

}  // namespace mt::core
