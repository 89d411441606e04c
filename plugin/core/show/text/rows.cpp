// SPDX-License-Identifier: MIT
//
// See rows.h.
#include "show/text/rows.h"

#include <fmt/format.h>

#include <algorithm>

#include "model/text.h"
#include "model/wrapping.h"
#include "show/text/parts.h"
#include "show/text/traceback.h"

namespace mt::core {
namespace {

std::string share_text(std::int64_t part, std::int64_t whole) {
    if (whole <= 0) return {};
    return fmt::format(" ({:.1f} %)",
                       100.0 * static_cast<double>(part) / static_cast<double>(whole));
}

// What was allocated in all, of which most may be gone.
std::string totals_text(Sort sort, std::uint64_t size, std::uint64_t count,
                        std::uint64_t temporary) {
    if (!is_total(sort)) return {};
    return fmt::format(
        " (total: {}, temporary={})",
        format_statistic(static_cast<std::int64_t>(size), static_cast<std::int64_t>(count)),
        temporary);
}

std::string held_text(std::int64_t size, std::int64_t count) {
    if (count == 0) return {};
    return fmt::format(" (holds {} in {} block{})", format_size(size), count,
                       count == 1 ? "" : "s");
}

std::string row_text(const StatisticsReport& report, const Statistic& row) {
    const std::string figures = format_statistic(row.size, row.count);
    std::string text = report.shares
                           ? figures + share_text(row.size, report.total.size)
                           : row_title(*report.book, report.key, row.traceback) + ": " + figures;
    text += totals_text(report.sort, row.total_size, row.total_count, row.temporary_count);
    text += held_text(row.held_size, row.held_count);
    text += estimate_text(row.size, row.samples, report.sample_bytes) + "\n";
    if (report.key == KeyType::traceback)
        return text + traceback_text(*report.book, report.traceback, row.traceback);
    return text + source_text(*report.book, report.traceback.source_line, row.traceback.front());
}

std::string sum_text(const StatisticsReport& report, const Sum& sum, bool exact = false) {
    return format_figures(sum.size, sum.count) +
           totals_text(report.sort, sum.total_size, sum.total_count, sum.temporary_count) +
           held_text(sum.held_size, sum.held_count) +
           (exact ? "" : estimate_text(sum.size, sum.samples, report.sample_bytes)) + "\n";
}

std::string total_text(const StatisticsReport& report) {
    return sum_text(report, report.total, report.exact_total);
}

// The error is that of the difference.
std::string difference_figures(const DifferenceReport& report, const StatisticDiff& row,
                               bool average) {
    return format_difference(row.size, row.size_diff, row.count, row.count_diff, average) +
           estimate_text(row.size_diff < 0 ? subtract(0, row.size_diff) : row.size_diff,
                         row.samples, report.sample_bytes) +
           "\n";
}

std::string sum_text(const DifferenceReport& report, const StatisticDiff& sum) {
    return difference_figures(report, sum, false);
}

std::string total_text(const DifferenceReport& report) { return sum_text(report, report.total); }

std::string row_text(const DifferenceReport& report, const StatisticDiff& row) {
    std::string text = row_title(*report.book, report.key, row.traceback) + ": " +
                       difference_figures(report, row, true);
    if (report.key == KeyType::traceback)
        return text + traceback_text(*report.book, report.traceback, row.traceback);
    return text + source_text(*report.book, report.traceback.source_line, row.traceback.front());
}

std::string title_of(const FrameBook& book, const Explained<Statistic>& explained,
                     std::uint64_t sample_bytes) {
    const Statistic& row = explained.row;
    return fmt::format("{}: {}{}\n", row_title(book, explained.key, row.traceback),
                       format_statistic(row.size, row.count),
                       estimate_text(row.size, row.samples, sample_bytes));
}

std::string title_of(const FrameBook& book, const Explained<StatisticDiff>& explained) {
    const StatisticDiff& row = explained.row;
    return fmt::format("{}: {}\n", row_title(book, explained.key, row.traceback),
                       format_difference(row.size, row.size_diff, row.count, row.count_diff, true));
}

bool shows_peak(const StatisticsReport& report) { return report.of_peak; }
bool shows_peak(const DifferenceReport&) { return false; }

// The rows, what is left of them as one line, and the total.
template <typename Report>
Result<void> write_rows(const Report& report, const Sink& sink, const std::string& summary = "") {
    const auto& rows = report.rows;
    const std::size_t shown = report.shown == 0 ? rows.size() : std::min(report.shown, rows.size());
    for (std::size_t i = 0; i < shown; ++i) MT_TRY(sink(row_text(report, rows[i])));
    std::string text;
    if (shown < rows.size()) {
        text = fmt::format("{} other", rows.size() - shown);
        // Of rows that count a trace several times there is no sum.
        text += report.cumulative ? "\n" : ": " + sum_text(report, sum_of(rows, shown));
    }
    return sink(text + "Total: " + total_text(report) + summary +
                remarks_text(report.remarks, shows_peak(report)));
}

}  // namespace

Result<void> write_text(const StatisticsReport& report, const Sink& sink,
                        const std::string& summary) {
    std::string before = report.of_peak ? figures_text(report.head) : "";
    if (report.explains) before += title_of(*report.book, *report.explains, report.sample_bytes);
    MT_TRY(sink(before));
    return write_rows(report, sink, summary);
}

Result<void> write_text(const DifferenceReport& report, const Sink& sink) {
    if (report.explains) MT_TRY(sink(title_of(*report.book, *report.explains)));
    return write_rows(report, sink);
}

}  // namespace mt::core
