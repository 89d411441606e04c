// SPDX-License-Identifier: MIT
//
// diff and traceback: what changed between two snapshots, and what is behind a
// row. Pure reads; nothing is kept but the rows that mt traceback explains.
#include <fmt/format.h>

#include "command/block_view.h"
#include "command/reporting.h"
#include "command/verb.h"
#include "model/numbers.h"
#include "show/estimate.h"
#include "show/text.h"

namespace mt::core {
namespace {

// The row of the last report that a word means, from 1.
Result<std::size_t> row_of(const Session& session, const Arguments& arguments) {
    if (!session.last)
        return fail(Code::usage, "there is no report yet; mt snapshot or mt peak makes one");
    const std::size_t rows = session.last->size();
    if (rows == 0) return fail(Code::usage, "the last report has no rows");
    if (arguments.words.empty())
        return fail(Code::usage, "mt traceback takes the number of a row of the last report");
    const std::string& word = arguments.words.front();
    const auto number = number_of<std::size_t>(word);
    if (!number || *number < 1 || *number > rows)
        return fail(Code::usage,
                    fmt::format("the last report has rows 1 to {}, not {}", rows, word));
    return *number;
}

// The row itself, as its report showed it.
std::string title_of(const Session& session, std::size_t number) {
    const LastReport& last = *session.last;
    RowReport shown;
    shown.key = last.grouping.key;
    shown.book = &session.symboliser.book();
    if (last.old) {
        const StatisticDiff& row = last.changes[number - 1];
        return fmt::format(
            "{}: {}\n", row_title(shown, row.traceback),
            format_difference(row.size, row.size_diff, row.count, row.count_diff, true));
    }
    const Statistic& row = last.rows[number - 1];
    return fmt::format("{}: {}{}\n", row_title(shown, row.traceback),
                       format_statistic(row.size, row.count),
                       estimate_text(row.size, row.samples, last.table->status.sample_bytes));
}

Result<void> show_stacks(Session& session, std::size_t number, View view) {
    const LastReport& last = *session.last;
    view.shares = true;
    view.grouping.raw = view.grouping.raw || last.grouping.raw;
    view.grouping.key = KeyType::traceback;
    view.grouping.figures = last.grouping.figures;
    view.grouping.sort = last.grouping.sort;
    view.grouping.blocks = last.grouping.blocks;
    view.grouping.threads = last.grouping.threads;
    std::vector<Table*> tables = {last.table.get()};
    if (last.old) tables.push_back(last.old.get());
    auto process = MT_TRY(same_process(session, tables));
    const Process* present = process ? &*process : nullptr;
    if (last.grouping.key == KeyType::thread) {
        const auto& row =
            last.old ? last.changes[number - 1].traceback : last.rows[number - 1].traceback;
        if (!has_threads_of_blocks(*last.table, last.grouping))
            return fail(Code::usage,
                        "rows of threads are counted as a whole and have no stacks; with mt start "
                        "--stamps and --blocks they do");
        view.grouping.blocks.threads = {row.front().line};
    }
    if (last.old) {
        const StatisticDiff& row = last.changes[number - 1];
        auto made = make_difference(
            session, "traceback",
            {last.table, last.old, last.new_name, last.old_name, &row.traces, &row.old_traces},
            present, view, session.printer());
        return made.map([](const LastReport&) {});
    }
    view.grouping.only = &last.rows[number - 1].traces;
    auto made = make_report(session, "traceback", last.table, present, view, session.printer());
    return made.map([](const LastReport&) {});
}

std::string name_of(const Kept& kept) { return kept.name.empty() ? kept.number : kept.name; }

// Takes what NEW is when nobody names it; it is not kept.
Result<Compared> against_now(const Kept& old, const Process& process, bool blocks, bool threads) {
    if (!process.status.tracing)
        return fail(Code::refused,
                    fmt::format("memory allocations are not being traced, so there is nothing to "
                                "compare snapshot {} with; mt diff OLD NEW compares two snapshots",
                                name_of(old)));
    auto now = MT_TRY(read_now(process, blocks, threads));
    return Compared{std::move(now), old.table, "now", name_of(old), nullptr, nullptr};
}

}  // namespace

Result<void> run_traceback(Session& session, const Arguments& arguments) {
    auto number = MT_TRY(row_of(session, arguments));
    auto view = MT_TRY(view_of(session.settings, arguments));
    if (!view.json) session.say(title_of(session, number));
    return show_stacks(session, number, view);
}

Result<void> run_diff(Session& session, const Arguments& arguments) {
    auto view = MT_TRY(view_of(session.settings, arguments));
    auto old = MT_TRY(kept_snapshot(session, arguments.words, 0));
    const bool blocks = needs_blocks(view), threads = needs_thread_traces(view);
    MT_TRY(has_blocks(*old, blocks));
    Compared compared;
    std::optional<Process> process;
    if (arguments.words.size() > 1) {
        auto now = MT_TRY(kept_snapshot(session, arguments.words, 1));
        MT_TRY(has_blocks(*now, blocks));
        auto same = MT_TRY(same_process(session, {now->table.get(), old->table.get()}));
        process = std::move(same);
        compared = {now->table, old->table, name_of(*now), name_of(*old), nullptr, nullptr};
    } else {
        auto present = MT_TRY(session.process());
        auto made = MT_TRY(against_now(*old, present, blocks, threads));
        compared = std::move(made);
        MT_TRY(same_process(session, {compared.old.get()}));
        process = std::move(present);
    }
    MT_TRY(choose_blocks(session, *compared.now, *compared.old, view));
    auto made = MT_TRY(make_difference(session, "diff", compared, process ? &*process : nullptr,
                                       view, session.printer()));
    session.last = std::move(made);
    return {};
}

}  // namespace mt::core
