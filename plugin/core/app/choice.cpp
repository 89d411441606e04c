// SPDX-License-Identifier: MIT
//
// See choice.h.
#include "app/choice.h"

#include <fmt/format.h>

#include "analyse/by_thread.h"
#include "app/threads.h"
#include "app/types.h"
#include "model/numbers.h"
#include "model/stamp.h"
#include "names/nearest.h"

namespace mt::core {
namespace {

// By number a process's own marks, also of a core; by name the session's.
Result<std::uint32_t> mark_of(const Shelf& shelf, const Table& table, const std::string& whose,
                              const std::string& text) {
    const auto number = number_of<std::uint64_t>(text);
    if (number && *number >= 1 && *number <= table.status.mark) return stamp_mark(*number);
    bool elsewhere = false;
    for (const Mark& mark : shelf.marks()) {
        if (mark.name.empty() || mark.name != text) continue;
        if (mark.process.cookie == table.status.identity.cookie &&
            mark.process.pid == table.status.identity.pid)
            return stamp_mark(mark.sequence);
        elsewhere = true;
    }
    if (elsewhere)
        return fail(Code::usage, fmt::format("mark {} is of another process than {}", text, whose));
    return fail(Code::usage, fmt::format("there is no mark {}{}; mt list shows them", text,
                                         did_you_mean(text, shelf.names())));
}

Result<void> check_stamps(const Table& table, const std::string& whose, const char* what) {
    if (!table.has_blocks)
        return fail(Code::usage, fmt::format("{} has no blocks; take it with --blocks", whose));
    if (table.has_stamps) return {};
    return fail(Code::usage,
                fmt::format("{} has no stamps; mt start --stamps records {}", whose, what));
}

void remark_unstamped(const Table& table, View& view) {
    const std::uint64_t number = count_unstamped(table);
    if (number == 0) return;
    const bool by_thread = !view.grouping.blocks.threads.empty();
    view.remarks.push_back(
        {"unstamped",
         fmt::format("{} block{} from before stamps were on {}", number, number == 1 ? "" : "s",
                     by_thread     ? "not shown: the allocating thread is not known"
                     : number == 1 ? "counts as older than every mark"
                                   : "count as older than every mark"),
         number});
}

// The counters of the threads, which know what a thread has allocated in all.
Result<void> choose_counters(const Table& table, const std::string& whose,
                             const std::vector<const Thread*>& threads, View& view) {
    if (!table.has_thread_traces)
        return fail(Code::usage,
                    fmt::format("{} has no counters per thread; take it with --blocks", whose));
    if (table.status.sample_bytes != 0)
        return fail(Code::usage, fmt::format("{} is sampled: totals of a traceback are estimates "
                                             "over all threads; --by thread is exact",
                                             whose));
    std::uint64_t inherited = 0;
    for (const Thread* thread : threads) {
        if (thread->has_records) view.grouping.threads.push_back(thread->serial);
        inherited += thread->inherited_count;
    }
    if (view.grouping.threads.empty())
        return fail(Code::usage, fmt::format("thread {} ({}) has ended and another one counts on "
                                             "in its place; --by thread has its totals",
                                             threads.front()->serial, threads.front()->name));
    view.remarks.push_back(
        {"thread-net",
         "size and count are what the thread allocated less what it freed, whoever allocated that",
         0});
    if (inherited != 0)
        view.remarks.push_back({"inherited",
                                fmt::format("the thread counts on in the place of threads that "
                                            "ended: {} of the allocations are theirs",
                                            inherited),
                                inherited});
    return {};
}

Result<void> choose_threads(const Table& table, const std::string& whose, View& view) {
    std::vector<const Thread*> all;
    for (const std::string& text : view.threads) {
        auto found = MT_TRY(resolve_threads(table, text));
        all.insert(all.end(), found.begin(), found.end());
    }
    if (all.empty()) return {};
    if (is_total(view.grouping.sort)) return choose_counters(table, whose, all, view);
    MT_TRY(check_stamps(table, whose, "who allocated"));
    for (const Thread* thread : all)
        view.grouping.blocks.threads.push_back(stamp_serial_of_thread(thread->serial));
    return {};
}

Result<void> choose_rows_of_threads(const Table& table, View& view) {
    if (has_threads_of_blocks(table, view.grouping)) {
        view.remarks.push_back({"thread-blocks",
                                "size and count are live blocks by the thread that allocated them",
                                0});
        return {};
    }
    if (view.is_filtered())
        return fail(Code::usage,
                    "without stamps --by thread counts each thread as a whole and cannot be "
                    "filtered; with mt start --stamps and --blocks it has the live blocks");
    view.remarks.push_back(
        {"thread-net",
         "size and count are what the thread allocated less what it freed, whoever allocated that",
         0});
    return {};
}

}  // namespace

Result<void> check_addresses(const Table& table, const std::string& whose) {
    if (table.has_addresses()) return {};
    return fail(Code::usage,
                fmt::format("{} has no addresses of blocks; mt save --blocks keeps them", whose));
}

Result<void> choose_blocks(const Session& session, const Table& table, const std::string& whose,
                           View& view) {
    BlockFilter& blocks = view.grouping.blocks;
    for (auto [text, limit] :
         {std::pair(&view.since, &blocks.since), std::pair(&view.until, &blocks.until)}) {
        if (text->empty()) continue;
        MT_TRY(check_stamps(table, whose, "when a block was allocated"));
        auto mark = MT_TRY(mark_of(session.shelf(), table, whose, *text));
        *limit = mark;
    }
    if (blocks.since && blocks.until && *blocks.since >= *blocks.until)
        return fail(Code::usage, fmt::format("mark {} is not before mark {}, so there is nothing "
                                             "between them; mt list shows the marks in order",
                                             view.since, view.until));
    MT_TRY(choose_threads(table, whose, view));
    MT_TRY(choose_types(session.book(), table, whose, view));
    if (blocks.until || !blocks.threads.empty()) remark_unstamped(table, view);
    if (view.grouping.key == KeyType::thread) return choose_rows_of_threads(table, view);
    return {};
}

Result<void> choose_blocks(const Session& session, const Table& now, const Table& old, View& view) {
    View of_old = view;
    MT_TRY(choose_blocks(session, old, "the old snapshot", of_old));
    MT_TRY(choose_blocks(session, now, "the new snapshot", view));
    const bool same_kind =
        view.grouping.key != KeyType::thread ||
        has_threads_of_blocks(now, view.grouping) == has_threads_of_blocks(old, view.grouping);
    if (view.grouping.blocks == of_old.grouping.blocks &&
        view.grouping.threads == of_old.grouping.threads && same_kind)
        return {};
    return fail(
        Code::usage,
        "marks and threads mean different things in the two snapshots; mt stats shows one of them");
}

}  // namespace mt::core
