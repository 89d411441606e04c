// SPDX-License-Identifier: MIT
//
// See difference.h.
#include "analyse/difference.h"

#include <algorithm>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "model/wrapping.h"

namespace mt::core {
namespace {

// |difference|, also of the most negative one.
std::uint64_t magnitude(std::int64_t difference) {
    const auto bits = static_cast<std::uint64_t>(difference);
    return difference < 0 ? 0 - bits : bits;
}

auto order(const StatisticDiff& row) {
    return std::make_tuple(magnitude(row.size_diff), row.size, magnitude(row.count_diff),
                           row.count);
}

}  // namespace

Result<std::vector<StatisticDiff>> compare(const FrameBook& book, std::vector<Statistic> now,
                                           std::vector<Statistic> old,
                                           const Interrupted& interrupted) {
    Stride stop(interrupted);
    std::vector<StatisticDiff> rows;
    std::unordered_map<std::string, std::size_t> index;
    rows.reserve(now.size());
    for (Statistic& row : now) {
        if (stop()) return interrupted_error();
        index.emplace(key_of(row.traceback), rows.size());
        rows.push_back({row.size,
                        row.size,
                        row.count,
                        row.count,
                        row.samples,
                        std::move(row.traceback),
                        std::move(row.traces),
                        {}});
    }
    for (Statistic& row : old) {
        if (stop()) return interrupted_error();
        const auto [found, is_new] = index.try_emplace(key_of(row.traceback), rows.size());
        if (is_new) rows.emplace_back().traceback = std::move(row.traceback);
        StatisticDiff& joined = rows[found->second];
        joined.size_diff = subtract(joined.size_diff, row.size);
        joined.count_diff = subtract(joined.count_diff, row.count);
        joined.samples = add(joined.samples, row.samples);
        joined.old_traces = std::move(row.traces);
    }
    const auto is_before = [&book](const auto& a, const auto& b) {
        const auto of_a = order(a), of_b = order(b);
        if (of_a != of_b) return of_a > of_b;
        return traceback_less(book, b.traceback, a.traceback);
    };
    MT_TRY(sort_unless_stopped(rows.begin(), rows.end(), is_before, interrupted));
    return rows;
}

StatisticDiff sum_of(const std::vector<StatisticDiff>& rows, std::size_t first) {
    StatisticDiff sum;
    for (std::size_t i = first; i < rows.size(); ++i) {
        sum.size = add(sum.size, rows[i].size);
        sum.size_diff = add(sum.size_diff, rows[i].size_diff);
        sum.count = add(sum.count, rows[i].count);
        sum.count_diff = add(sum.count_diff, rows[i].count_diff);
        sum.samples = add(sum.samples, rows[i].samples);
    }
    return sum;
}

}  // namespace mt::core
