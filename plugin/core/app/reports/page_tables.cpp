// SPDX-License-Identifier: MIT
//
// See page_tables.h.
#include "app/reports/page_tables.h"

#include <algorithm>
#include <utility>

#include "app/choice.h"
#include "app/reports/rows.h"
#include "app/scopes/reports.h"

namespace mt::core {
namespace {

constexpr std::size_t kMostRows = 1000;

std::vector<PageColumn> columns_of(std::string name) {
    return {
        {std::move(name), PageUnit::text}, {"Size", PageUnit::bytes}, {"Blocks", PageUnit::count}};
}

// Rows of one key as a table; nothing where it has none.
Result<void> add_rows(Session& session, const std::shared_ptr<Table>& table, KeyType key,
                      PageTable page, PageReport& report) {
    const auto process = MT_TRY(session.debuggee().same_process({table.get()}));
    View view;
    view.grouping.key = key;
    MT_TRY(choose_blocks(session, *table, "the process", view));
    MadeReport made = MT_TRY(make_report(session, "report", table, pointer(process), view));
    std::vector<Statistic>& rows = made.report.rows;
    if (key == KeyType::size)
        std::stable_sort(rows.begin(), rows.end(), [](const Statistic& a, const Statistic& b) {
            return a.traceback.front().offset < b.traceback.front().offset;
        });
    for (const Remark& remark : view.remarks) page.note += remark.text + ". ";
    if (rows.size() > kMostRows) {
        page.note += "The first 1000 rows. ";
        rows.resize(kMostRows);
    }
    for (const Statistic& row : rows)
        page.rows.push_back(
            {session.book().text(row.traceback.front().label), row.size, row.count});
    if (!page.rows.empty()) report.tables.push_back(std::move(page));
    return {};
}

// A session that knows no scopes, or a process that cannot be asked, has no table of them.
Result<void> add_scopes(Session& session, PageReport& report) {
    const auto scopes = scopes_report(session);
    if (!scopes) {
        if (scopes.error().code == Code::interrupted) return fail(scopes.error());
        return {};
    }
    PageTable page{"scopes", "Scopes", "", {}, {}};
    page.columns = {{"Scope", PageUnit::text},     {"Allocated", PageUnit::bytes},
                    {"Kept", PageUnit::bytes},     {"Highest peak", PageUnit::bytes},
                    {"Calls", PageUnit::count},    {"Allocations", PageUnit::count},
                    {"Figures of", PageUnit::text}};
    for (const ScopeReport& scope : scopes->scopes) {
        const ScopeSummary& all = scope.summary;
        page.rows.push_back({scope.name, all.total.bytes, all.total.net, all.most.peak,
                             static_cast<std::int64_t>(all.calls), all.total.allocs, scope.whose});
    }
    if (!page.rows.empty()) report.tables.push_back(std::move(page));
    return {};
}

}  // namespace

Result<void> add_tables(Session& session, const std::shared_ptr<Table>& table, PageReport& report) {
    if (table->has_blocks)
        MT_TRY(add_rows(session, table, KeyType::size,
                        {"sizes", "Sizes", "", columns_of("Size of a block"), {}}, report));
    if (table->has_types)
        MT_TRY(add_rows(session, table, KeyType::type,
                        {"types", "Types", "", columns_of("Type"), {}}, report));
    if (!table->threads.empty())
        MT_TRY(add_rows(session, table, KeyType::thread,
                        {"threads", "Threads", "", columns_of("Thread"), {}}, report));
    const auto process = MT_TRY(session.debuggee().same_process({table.get()}));
    return process ? add_scopes(session, report) : Result<void>();
}

PageTable leaks_table(const LeaksReport& leaks) {
    PageTable page{"leaks",
                   "Kinds",
                   "Every live block is of one kind; the pictures show the definite ones.",
                   columns_of("Kind"),
                   {}};
    for (std::size_t i = 0; i < kLeakKinds; ++i)
        page.rows.push_back(
            {std::string(kLeakKindNames[i]), leaks.amounts[i].size, leaks.amounts[i].count});
    return page;
}

}  // namespace mt::core
