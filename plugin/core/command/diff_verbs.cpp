// SPDX-License-Identifier: MIT
//
// diff and traceback: what changed between two snapshots, and what is behind a
// row. Pure reads; nothing is kept but the rows that mt traceback explains.
#include <fmt/format.h>

#include <charconv>

#include "command/block_view.h"
#include "command/reporting.h"
#include "command/verb.h"
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
    std::size_t number = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
    if (error != std::errc() || end != word.data() + word.size() || number < 1 || number > rows)
        return fail(Code::usage,
                    fmt::format("the last report has rows 1 to {}, not {}", rows, word));
    return number;
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
    auto process = same_process(session, tables);
    if (!process) return tl::make_unexpected(std::move(process.error()));
    const Process* present = *process ? &**process : nullptr;
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
    auto now = read_now(process, blocks, threads);
    if (!now) return tl::make_unexpected(std::move(now.error()));
    return Compared{std::move(*now), old.table, "now", name_of(old), nullptr, nullptr};
}

}  // namespace

Result<void> run_traceback(Session& session, const Arguments& arguments) {
    auto number = row_of(session, arguments);
    if (!number) return tl::make_unexpected(std::move(number.error()));
    auto view = view_of(session.settings, arguments);
    if (!view) return tl::make_unexpected(std::move(view.error()));
    if (!view->json) session.say(title_of(session, *number));
    return show_stacks(session, *number, *view);
}

Result<void> run_diff(Session& session, const Arguments& arguments) {
    auto view = view_of(session.settings, arguments);
    if (!view) return tl::make_unexpected(std::move(view.error()));
    auto old = kept_snapshot(session, arguments.words, 0);
    if (!old) return tl::make_unexpected(std::move(old.error()));
    const bool blocks = needs_blocks(*view), threads = needs_thread_traces(*view);
    if (auto good = has_blocks(**old, blocks); !good) return good;
    Compared compared;
    std::optional<Process> process;
    if (arguments.words.size() > 1) {
        auto now = kept_snapshot(session, arguments.words, 1);
        if (!now) return tl::make_unexpected(std::move(now.error()));
        if (auto good = has_blocks(**now, blocks); !good) return good;
        auto same = same_process(session, {(*now)->table.get(), (*old)->table.get()});
        if (!same) return tl::make_unexpected(std::move(same.error()));
        process = std::move(*same);
        compared = {(*now)->table, (*old)->table, name_of(**now), name_of(**old), nullptr, nullptr};
    } else {
        auto present = session.process();
        if (!present) return tl::make_unexpected(std::move(present.error()));
        auto made = against_now(**old, *present, blocks, threads);
        if (!made) return tl::make_unexpected(std::move(made.error()));
        compared = std::move(*made);
        auto same = same_process(session, {compared.old.get()});
        if (!same) return tl::make_unexpected(std::move(same.error()));
        process = std::move(*present);
    }
    if (auto done = choose_blocks(session, *compared.now, *compared.old, *view); !done) return done;
    auto made = make_difference(session, "diff", compared, process ? &*process : nullptr, *view,
                                session.printer());
    if (!made) return tl::make_unexpected(std::move(made.error()));
    session.last = std::move(*made);
    return {};
}

}  // namespace mt::core
