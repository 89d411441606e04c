// SPDX-License-Identifier: MIT
//
// statistics and compare: Snapshot.statistics() and .compare_to(). The rows are those
// of mt snapshot and mt diff, all of them.
#include "query/statistics_queries.h"

#include <fmt/format.h>

#include <iterator>

#include "analyse/difference.h"
#include "analyse/statistics.h"
#include "app/held.h"
#include "model/text.h"
#include "query/answer.h"
#include "query/queries.h"

namespace mt::core {
namespace {

// In tracemalloc's words.
Result<Grouping> grouping_of(const std::string& key_type, bool cumulative) {
    const auto key = key_type_of(key_type);
    if (!key) return fail(Code::usage, fmt::format("unknown key_type: '{}'", printable(key_type)));
    if (cumulative && !can_cumulate(*key))
        return fail(Code::usage, fmt::format("cumulative mode cannot by used with key type '{}'",
                                             name_of(*key)));
    Grouping grouping;
    grouping.key = *key;
    grouping.cumulative = cumulative;
    return grouping;
}

// Rows in brackets, each as `write` appends it.
template <typename Row, typename Write>
Result<std::string> written(Queries& queries, const std::vector<Row>& rows, Answer& answer,
                            Write write) {
    std::string text = "\"rows\":[";
    for (const Row& row : rows) {
        if (queries.interrupted()) return interrupted_error();
        text += text.back() == '[' ? "[" : ",[";
        write(std::back_inserter(text), row, answer.add(row.traceback));
        text += ']';
    }
    return answer.finish(text + "]");
}

Result<std::string> statistics_query(Queries& queries, Request& request) {
    const std::uint64_t handle = request.number("snapshot");
    const std::string key_type = request.text("key_type");
    const bool cumulative = request.truth("cumulative");
    std::vector<FilterList> filters = request.filters("filters");
    MT_TRY(request.complete());
    Grouping grouping = MT_TRY(grouping_of(key_type, cumulative));
    auto held = MT_TRY(queries.held(handle));
    auto named = MT_TRY(Named::of(queries.session.debuggee(), {held}));
    grouping.filters = std::move(filters);
    auto rows = MT_TRY(rows_of(named, *held, std::move(grouping)));
    Answer answer(queries.session.book());
    return written(
        queries, rows, answer, [](auto out, const Statistic& row, std::uint32_t traceback) {
            fmt::format_to(out, "{},{},{},{},{},{},{}", row.size, row.count, row.total_size,
                           row.total_count, row.temporary_count, row.samples, traceback);
        });
}

Result<std::string> compare_query(Queries& queries, Request& request) {
    const std::uint64_t new_handle = request.number("new");
    const std::uint64_t old_handle = request.number("old");
    const std::string key_type = request.text("key_type");
    const bool cumulative = request.truth("cumulative");
    std::vector<FilterList> new_filters = request.filters("new_filters");
    std::vector<FilterList> old_filters = request.filters("old_filters");
    MT_TRY(request.complete());
    Grouping grouping = MT_TRY(grouping_of(key_type, cumulative));
    auto now = MT_TRY(queries.held(new_handle));
    auto old = MT_TRY(queries.held(old_handle));
    auto named = MT_TRY(Named::of(queries.session.debuggee(), {now, old}));
    grouping.filters = std::move(new_filters);
    auto of_now = MT_TRY(rows_of(named, *now, grouping));
    grouping.filters = std::move(old_filters);
    auto of_old = MT_TRY(rows_of(named, *old, std::move(grouping)));
    const FrameBook& book = queries.session.book();
    auto rows = MT_TRY(compare(book, std::move(of_now), std::move(of_old),
                               queries.session.debuggee().interrupted()));
    Answer answer(book);
    return written(queries, rows, answer,
                   [](auto out, const StatisticDiff& row, std::uint32_t traceback) {
                       fmt::format_to(out, "{},{},{},{},{},{}", row.size, row.size_diff, row.count,
                                      row.count_diff, row.samples, traceback);
                   });
}

}  // namespace

const std::vector<Operation>& statistics_operations() {
    static const std::vector<Operation> operations = {{"statistics", statistics_query},
                                                      {"compare", compare_query}};
    return operations;
}

}  // namespace mt::core
