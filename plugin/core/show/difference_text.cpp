// SPDX-License-Identifier: MIT
//
// The text of mt diff: tracemalloc's StatisticDiff to the letter, then what was
// cut and the sum.
#include <fmt/format.h>

#include <algorithm>

#include "model/wrapping.h"
#include "show/estimate.h"
#include "show/report.h"
#include "show/text.h"

namespace mt::core {
namespace {

// The error is that of the difference.
std::string figures_text(const DifferenceReport& report, const StatisticDiff& row, bool average) {
    return format_difference(row.size, row.size_diff, row.count, row.count_diff, average) +
           estimate_text(row.size_diff < 0 ? subtract(0, row.size_diff) : row.size_diff,
                         row.samples, report.sample_bytes) +
           "\n";
}

std::string row_text(const DifferenceReport& report, const StatisticDiff& row) {
    std::string text = row_title(report, row.traceback) + ": " + figures_text(report, row, true);
    if (report.key == KeyType::traceback)
        return text + traceback_text(*report.book, report.traceback, row.traceback);
    return text + source_text(*report.book, report.traceback.source_line, row.traceback.front());
}

}  // namespace

Result<void> difference_text(const DifferenceReport& report, const Sink& sink) {
    const auto& rows = *report.rows;
    const std::size_t shown = report.shown == 0 ? rows.size() : std::min(report.shown, rows.size());
    for (std::size_t i = 0; i < shown; ++i) MT_TRY(sink(row_text(report, rows[i])));
    std::string text;
    if (shown < rows.size() && report.cumulative)
        text += fmt::format("{} other\n", rows.size() - shown);
    else if (shown < rows.size())
        text += fmt::format("{} other: ", rows.size() - shown) +
                figures_text(report, sum_of(rows, shown), false);
    text += "Total: " + figures_text(report, report.total, false);
    return sink(text + remarks_text(report.remarks));
}

}  // namespace mt::core
