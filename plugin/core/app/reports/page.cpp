// SPDX-License-Identifier: MIT
//
// See page.h.
#include "app/reports/page.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "app/graph/leaks.h"
#include "app/reports/differences.h"
#include "app/reports/page_tables.h"
#include "app/reports/rows.h"
#include "model/text.h"
#include "save/export.h"
#include "symbols/name.h"

namespace mt::core {
namespace {

// The first module that is not named as a library; modules are in the order of the first event.
std::string program_of(const Table& table) {
    for (std::size_t i = 1; i < table.modules.size(); ++i) {
        const std::string_view name = base_name(table.modules[i].path);
        const bool is_library = name.find(".so") != std::string_view::npos;
        if (!name.empty() && name.front() != '[' && !is_library) return std::string(name);
    }
    return "a program";
}

std::string amount_text(const Amount& amount) {
    return fmt::format("{} in {} block{}", format_size(amount.size), amount.count,
                       amount.count == 1 ? "" : "s");
}

std::string subtitle_of(const std::string& what, const Table& table) {
    std::string text =
        fmt::format("{}; live {}", what, amount_text({table.current_size, table.current_count}));
    if (table.peak_size > 0) text += fmt::format("; peak {}", format_size(table.peak_size));
    if (table.status.identity.pid != 0)
        text += fmt::format("; process {}", table.status.identity.pid);
    return text;
}

View plain_view(bool raw) {
    View view;
    view.grouping.raw = raw;
    view.source = true;
    return view;
}

Amount& amount_at(PageMeasure& measure, std::uint32_t stack) {
    if (measure.amounts.size() <= stack) measure.amounts.resize(stack + 1);
    return measure.amounts[stack];
}

std::int64_t bounded(std::uint64_t value) {
    return static_cast<std::int64_t>(std::min(value, std::uint64_t{INT64_MAX}));
}

// Nothing is negative in a picture.
void put(PageMeasure& measure, std::uint32_t stack, std::int64_t size, std::int64_t count) {
    Amount& amount = amount_at(measure, stack);
    amount.size += std::max<std::int64_t>(size, 0);
    amount.count += std::max<std::int64_t>(count, 0);
}

// Whole stacks of a table, into the tree; `add` gets each one's number.
template <typename Add>
Result<void> add_stacks(Session& session, Table& table, bool raw, PageTree& tree, Add add) {
    Debuggee& debuggee = session.debuggee();
    const auto process = MT_TRY(debuggee.same_process({&table}));
    Resolver resolver = debuggee.resolver(table, pointer(process));
    const auto rows = MT_TRY(export_rows(resolver, debuggee.skip(), raw, debuggee.interrupted()));
    std::vector<RowFrame> frames;
    for (const ExportRow& row : rows) {
        if (debuggee.wants_stop()) return interrupted_error();
        frames.clear();
        for (const TraceFrame& at : row.frames) frames.push_back(row_of(debuggee.book(), at, raw));
        add(tree.stack(frames), row);
    }
    return {};
}

// The tree is whole: what did not fit, and measures that have nothing.
void finish(PageTree& tree, PageReport& report) {
    if (tree.merged() != 0)
        report.remarks.push_back(
            {"merged",
             fmt::format("{} small tracebacks are one here: {}", tree.merged(), PageTree::kOthers),
             tree.merged()});
    tree.give_to(report);
    for (PageMeasure& measure : report.measures) measure.amounts.resize(report.stacks.size());
}

void drop_empty_measures(PageReport& report) {
    const auto is_empty = [](const PageMeasure& measure) {
        return std::all_of(
            measure.amounts.begin(), measure.amounts.end(),
            [](const Amount& amount) { return amount.size == 0 && amount.count == 0; });
    };
    const auto first = report.measures.begin() + 1;
    report.measures.erase(std::remove_if(first, report.measures.end(), is_empty),
                          report.measures.end());
}

Result<PageReport> page_of_table(Session& session, MadeReport made, bool raw,
                                 const PageLimits& limits) {
    PageReport report;
    report.book = &session.book();
    report.source_line = made.report.traceback.source_line;
    report.remarks = std::move(made.report.remarks);
    PageTree tree(session.debuggee().book(), limits);
    PageMeasure live{"live", "Live", {}}, peak{"peak", "Peak", {}}, total{"total", "Total", {}};
    MT_TRY(
        add_stacks(session, *made.table, raw, tree, [&](std::uint32_t stack, const ExportRow& row) {
            put(live, stack, row.size, row.count);
            put(peak, stack, row.peak_size, row.peak_count);
            put(total, stack, bounded(row.total_size), bounded(row.total_count));
        }));
    report.measures = {std::move(live), std::move(peak), std::move(total)};
    finish(tree, report);
    MT_TRY(add_tables(session, made.table, report));
    return report;
}

}  // namespace

Result<PageReport> page_of_snapshot(Session& session, const std::string* snapshot, bool raw,
                                    const PageLimits& limits) {
    const bool is_kept = snapshot != nullptr || !session.shelf().snapshots().empty();
    std::string what = "now";
    View view = plain_view(raw);
    MadeReport made;
    if (is_kept) {
        const Kept kept = MT_TRY(session.shelf().snapshot(snapshot));
        what = "snapshot " + kept.called();
        made = MT_TRY(statistics_of(session, &kept.number, std::move(view), false));
    } else {
        view.grouping.key = KeyType::type;  // so that types are looked for
        made = MT_TRY(take_snapshot(session, std::move(view), true));
    }
    const std::shared_ptr<Table> table = made.table;
    PageReport report = MT_TRY(page_of_table(session, std::move(made), raw, limits));
    report.kind = "snapshot";
    report.title = "Memory of " + program_of(*table);
    report.subtitle = subtitle_of(what, *table);
    drop_empty_measures(report);
    return report;
}

Result<PageReport> page_of_peak(Session& session, bool raw, const PageLimits& limits) {
    MadeReport made = MT_TRY(peak_report(session, plain_view(raw), false));
    const std::shared_ptr<Table> table = made.table;
    PageReport report = MT_TRY(page_of_table(session, std::move(made), raw, limits));
    report.kind = "peak";
    report.title = "Peak memory of " + program_of(*table);
    report.subtitle = subtitle_of("now", *table);
    std::swap(report.measures[0], report.measures[1]);
    drop_empty_measures(report);
    return report;
}

Result<PageReport> page_of_difference(Session& session, const std::string* old,
                                      const std::string* now, bool raw, const PageLimits& limits) {
    MadeDifference made = MT_TRY(difference_of(session, old, now, plain_view(raw)));
    const Compared& compared = made.compared;
    PageReport report;
    report.kind = "diff";
    report.title = fmt::format("{}: from {} to {}", program_of(*compared.now), compared.old_name,
                               compared.new_name);
    report.book = &session.book();
    report.source_line = made.report.traceback.source_line;
    report.remarks = std::move(made.report.remarks);
    report.subtitle = fmt::format(
        "{}: {}; {}: {}; {}", compared.old_name,
        amount_text({compared.old->current_size, compared.old->current_count}), compared.new_name,
        amount_text({compared.now->current_size, compared.now->current_count}),
        format_size(static_cast<double>(made.report.total.size_diff), true));
    PageTree tree(session.debuggee().book(), limits);
    PageMeasure newer{"new", "New", {}}, older{"old", "Old", {}};
    const auto into = [](PageMeasure& measure) {
        return [&measure](std::uint32_t stack, const ExportRow& row) {
            put(measure, stack, row.size, row.count);
        };
    };
    MT_TRY(add_stacks(session, *compared.now, raw, tree, into(newer)));
    MT_TRY(add_stacks(session, *compared.old, raw, tree, into(older)));
    report.measures = {std::move(newer), std::move(older)};
    finish(tree, report);
    return report;
}

Result<PageReport> page_of_leaks(Session& session, bool raw, const PageLimits& limits) {
    View view = plain_view(raw);
    view.grouping.key = KeyType::traceback;
    const LeaksWanted wanted;
    MadeLeaks leaks = MT_TRY(leaks_of(session, wanted, std::move(view)));
    PageReport report;
    report.kind = "leaks";
    const StatisticsReport& rows = leaks.report.rows;
    report.title = "Lost memory of " + program_of(*leaks.made.table);
    const Amount lost{rows.total.size, rows.total.count};
    report.subtitle =
        subtitle_of(fmt::format("now; lost {}", amount_text(lost)), *leaks.made.table);
    report.book = &session.book();
    report.source_line = rows.traceback.source_line;
    report.remarks = rows.remarks;
    PageTree tree(session.debuggee().book(), limits);
    PageMeasure held{"held", "Lost with what only that holds", {}}, own{"lost", "Lost", {}};
    for (const Statistic& row : rows.rows) {
        const std::uint32_t stack = tree.stack(row.traceback);
        put(held, stack, row.size + row.held_size, row.count + row.held_count);
        put(own, stack, row.size, row.count);
    }
    report.measures = {std::move(held), std::move(own)};
    finish(tree, report);
    report.tables.push_back(leaks_table(leaks.report));
    return report;
}

}  // namespace mt::core
