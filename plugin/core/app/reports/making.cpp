// SPDX-License-Identifier: MIT
//
// See making.h.
#include "app/reports/making.h"

#include <fmt/format.h>

#include <array>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "names/nearest.h"
#include "symbols/name.h"

namespace mt::core {
namespace {

constexpr std::size_t kMostNames = 10000;  // that a typing mistake is looked for in

Result<std::vector<Statistic>> group(Debuggee& debuggee, const Table& table, const Process* process,
                                     const Grouping& grouping) {
    Resolver resolver = debuggee.resolver(table, process);
    return statistics(resolver, debuggee.skip(), grouping, debuggee.interrupted());
}

// Each trace once, also where rows count it several times.
Result<Sum> total_of(Debuggee& debuggee, const Table& table, const Process* process,
                     const Grouping& grouping, const std::vector<Statistic>& rows) {
    if (!grouping.cumulative) return sum_of(rows, 0);
    Grouping once = grouping;
    once.cumulative = false;
    once.key = KeyType::domain;
    auto domains = MT_TRY(group(debuggee, table, process, once));
    return sum_of(domains, 0);
}

// What a filter of that kind can name of the frames that were met.
std::vector<std::string> met_names(const FrameBook& book, FilterBy by) {
    std::set<std::string> names;
    for (FrameId id = 0; id < book.size() && names.size() < kMostNames; ++id) {
        const Frame& frame = book[id];
        if (by == FilterBy::function) names.emplace(simple_name(book.text(frame.function)));
        if (by == FilterBy::module) names.emplace(base_name(book.text(frame.module)));
        if (by == FilterBy::file) names.emplace(base_name(book.text(frame.file)));
    }
    return {names.begin(), names.end()};
}

// What may have been meant by a pattern that no name of its kind matches, even by itself.
std::string hint_for(const FrameBook& book, const Filter& filter) {
    const std::vector<std::string> names = met_names(book, filter.by);
    std::string last(base_name(filter.pattern));
    for (const std::string& name : names)
        if (glob_match(last, name)) return {};
    std::erase_if(last, [](char c) { return c == '*' || c == '?'; });
    return did_you_mean(last, names);
}

}  // namespace

std::optional<Remark> no_match(const FrameBook& book, const std::vector<FilterList>& filters) {
    static constexpr std::array<std::string_view, 3> kOptions = {"--filter", "--function",
                                                                 "--module"};
    std::string text;
    for (const FilterList& list : filters) {
        for (const Filter& filter : list) {
            if (!filter.inclusive || filter.by == FilterBy::domain) continue;
            text += fmt::format("{}{} {}{}{}", text.empty() ? "" : " and ",
                                kOptions[static_cast<std::size_t>(filter.by)], filter.pattern,
                                filter.line ? fmt::format(":{}", *filter.line) : "",
                                hint_for(book, filter));
        }
    }
    if (text.empty()) return std::nullopt;
    return Remark{"no-match", "nothing matches " + text, 0};
}

Result<Side> side_of(Debuggee& debuggee, const Table& table, const Process* process,
                     const Grouping& grouping) {
    Side side;
    side.rows = MT_TRY(group(debuggee, table, process, grouping));
    side.total = MT_TRY(total_of(debuggee, table, process, grouping, side.rows));
    return side;
}

void fill(Debuggee& debuggee, const Process* process, const View& view, RowReport& report) {
    report.key = view.grouping.key;
    report.cumulative = view.grouping.cumulative;
    report.book = &debuggee.book();
    report.shown = view.rows;
    report.traceback.limit = view.limit;
    report.traceback.most_recent_first = view.most_recent_first;
    report.traceback.functions = view.shares;
    // Traceback.format() has source lines without being asked.
    if (view.source || view.grouping.key == KeyType::traceback)
        report.traceback.source_line =
            debuggee.source_lines(process == nullptr || !process->target.remote);
}

ReadOptions wanted(const View& view, bool blocks) {
    ReadOptions options;
    options.blocks = blocks || view.needs_blocks();
    options.threads = blocks || view.needs_thread_traces();
    return options;
}

}  // namespace mt::core
