// SPDX-License-Identifier: MIT
//
// See stacks.h.
#include "app/reports/stacks.h"

#include <algorithm>
#include <utility>

#include "analyse/by_size.h"
#include "app/reports/differences.h"
#include "app/reports/making.h"
#include "app/reports/rows.h"

namespace mt::core {
namespace {

// The blocks of a row by thread or by size.
Result<void> choose_blocks_of(const LastReport& last, const RowFrame& row, BlockFilter& blocks) {
    const KeyType key = last.grouping.key;
    if (is_size(key)) {
        const SizeRange sizes = size_range(row.offset.value_or(0), key == KeyType::exact_size);
        blocks.min_size = std::max(blocks.min_size, sizes.least);
        blocks.max_size = sizes.most;
    }
    if (key == KeyType::type) blocks.types = {static_cast<std::uint32_t>(row.offset.value_or(0))};
    if (key != KeyType::thread) return {};
    if (!has_threads_of_blocks(*last.table, last.grouping))
        return fail(Code::usage,
                    "rows of threads are counted as a whole and have no stacks; with mt start "
                    "--stamps and --blocks they do");
    blocks.threads = {row.line};
    return {};
}

// What the last report looked at, by traceback.
View stacks_view(const LastReport& last, View view) {
    view.shares = true;
    view.grouping.raw = view.grouping.raw || last.grouping.raw;
    view.grouping.key = KeyType::traceback;
    view.grouping.figures = last.grouping.figures;
    view.grouping.sort = last.grouping.sort;
    view.grouping.blocks = last.grouping.blocks;
    view.grouping.threads = last.grouping.threads;
    return view;
}

Result<std::optional<Process>> process_of(Session& session, const LastReport& last) {
    std::vector<Table*> tables = {last.table.get()};
    if (last.old) tables.push_back(last.old.get());
    return session.debuggee().same_process(tables);
}

// Of several rows, each once.
void add_traces(std::vector<std::uint32_t>& all, const std::vector<std::uint32_t>& more) {
    all.insert(all.end(), more.begin(), more.end());
}
void make_unique(std::vector<std::uint32_t>& all) {
    std::sort(all.begin(), all.end());
    all.erase(std::unique(all.begin(), all.end()), all.end());
}

}  // namespace

Result<std::size_t> rows_to_explain(const Session& session) {
    if (!session.last())
        return fail(Code::usage, "there is no report yet; mt snapshot or mt peak makes one");
    if (session.last()->size() == 0) return fail(Code::usage, "the last report has no rows");
    return session.last()->size();
}

Result<Stacks> stacks_of(Session& session, std::size_t row, View view) {
    const LastReport& last = *session.last();
    const KeyType key = last.grouping.key;
    const auto& traceback =
        last.old ? last.changes[row - 1].traceback : last.rows[row - 1].traceback;
    view = stacks_view(last, std::move(view));
    MT_TRY(choose_blocks_of(last, traceback.front(), view.grouping.blocks));
    const auto process = MT_TRY(process_of(session, last));
    if (last.old) {
        const StatisticDiff& change = last.changes[row - 1];
        const Compared compared{last.table,    last.old,       last.new_name,
                                last.old_name, &change.traces, &change.old_traces};
        MadeDifference made = MT_TRY(
            make_difference(session, "traceback", compared, pointer(process), std::move(view)));
        made.report.explains = Explained<StatisticDiff>{key, change};
        return Stacks(std::move(made.report));
    }
    view.grouping.only = &last.rows[row - 1].traces;
    MadeReport made =
        MT_TRY(make_report(session, "traceback", last.table, pointer(process), std::move(view)));
    made.report.explains = Explained<Statistic>{key, last.rows[row - 1]};
    return Stacks(std::move(made.report));
}

Result<Stacks> all_stacks(Session& session, View view) {
    const LastReport& last = *session.last();
    view = stacks_view(last, std::move(view));
    if (last.grouping.key == KeyType::thread && last.size() != 0) {
        const auto& first = last.old ? last.changes[0].traceback : last.rows[0].traceback;
        BlockFilter none;
        MT_TRY(choose_blocks_of(last, first.front(), none));  // whether these have stacks
    }
    const auto process = MT_TRY(process_of(session, last));
    std::vector<std::uint32_t> traces, old_traces;
    for (const Statistic& row : last.rows) add_traces(traces, row.traces);
    for (const StatisticDiff& row : last.changes) {
        add_traces(traces, row.traces);
        add_traces(old_traces, row.old_traces);
    }
    make_unique(traces);
    make_unique(old_traces);
    if (last.old) {
        const Compared compared{last.table,    last.old, last.new_name,
                                last.old_name, &traces,  &old_traces};
        MadeDifference made =
            MT_TRY(make_difference(session, "tree", compared, pointer(process), std::move(view)));
        return Stacks(std::move(made.report));
    }
    view.grouping.only = &traces;
    MadeReport made =
        MT_TRY(make_report(session, "tree", last.table, pointer(process), std::move(view)));
    return Stacks(std::move(made.report));
}

}  // namespace mt::core
