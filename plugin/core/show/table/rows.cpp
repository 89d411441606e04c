// SPDX-License-Identifier: MIT
//
// See rows.h. Rows are looked at twice: once for the widths of columns, once to be written.
#include "show/table/rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <vector>

#include "model/text.h"
#include "report/estimate.h"
#include "show/names.h"
#include "show/table/layout.h"
#include "show/text/parts.h"
#include "show/text/traceback.h"
#include "symbols/name.h"

namespace mt::core {
namespace {

using Cells = std::vector<std::string>;

std::string size_text(std::int64_t size) { return format_size(size); }
std::string change_text(std::int64_t change) {
    return format_size(static_cast<double>(change), true);
}

// "+/-29 %"; empty where the figure is exact.
std::string error_text(std::int64_t size, std::int64_t samples, std::uint64_t sample_bytes) {
    if (samples <= 0 || size == 0) return {};
    const double whole = std::fabs(static_cast<double>(size));
    return fmt::format("+/-{:.0f} %", 100 * error_of(samples, sample_bytes) / whole);
}

// A frame: its file and line, or module, and its function. `wide`: with the folders.
Where where_of(const FrameBook& book, KeyType key, const RowFrame& frame, bool wide) {
    const RowName parts = name_of_row(book, frame);
    const std::string function = book.text(frame.function.value_or(0));
    const bool is_code = key == KeyType::lineno || key == KeyType::function ||
                         key == KeyType::traceback || key == KeyType::filename;
    if (!is_code) return {row_title(book, key, {frame}), {}};
    if (frame.file == 0) {
        if (parts.function.empty()) return {row_name(book, frame), {}};
        const std::string_view before = parts.before.substr(0, parts.before.size() - 1);
        std::string offset = frame.plus_offset ? fmt::format("+0x{:x}", *frame.offset) : "";
        return {escaped(before) + offset, std::string(parts.function)};
    }
    const std::string& path = book.text(frame.file);
    std::string at = escaped(wide || key == KeyType::filename ? path : base_name(path));
    if (key == KeyType::filename) return {at, {}};
    if (key != KeyType::function) at += fmt::format(":{}", frame.line);
    return {at, function};
}

Cells titles_of(const StatisticsReport& report) {
    Cells titles = {"#", "size", "share", "count"};
    if (is_total(report.sort)) titles.insert(titles.end(), {"total", "allocs", "temporary"});
    if (report.total.held_count != 0) titles.insert(titles.end(), {"holds", "blocks"});
    if (report.sample_bytes != 0) titles.emplace_back("error");
    return titles;
}

// Of a row, or of a sum of them: both have the same members.
template <typename Row>
Cells cells_of(const StatisticsReport& report, const Row& row, const std::string& number) {
    Cells cells = {number, size_text(row.size), share_of(row.size, report.total.size),
                   thousands(row.count)};
    if (is_total(report.sort)) {
        cells.push_back(size_text(static_cast<std::int64_t>(row.total_size)));
        cells.push_back(thousands(static_cast<std::int64_t>(row.total_count)));
        cells.push_back(thousands(static_cast<std::int64_t>(row.temporary_count)));
    }
    if (report.total.held_count != 0) {
        cells.push_back(row.held_count == 0 ? "" : size_text(row.held_size));
        cells.push_back(row.held_count == 0 ? "" : thousands(row.held_count));
    }
    if (report.sample_bytes != 0)
        cells.push_back(error_text(row.size, row.samples, report.sample_bytes));
    return cells;
}

Cells titles_of(const DifferenceReport& report) {
    Cells titles = {"#", "size", "change", "count", "change"};
    if (report.sample_bytes != 0) titles.emplace_back("error");
    return titles;
}

Cells cells_of(const DifferenceReport& report, const StatisticDiff& row,
               const std::string& number) {
    Cells cells = {number, size_text(row.size), change_text(row.size_diff), thousands(row.count),
                   thousands(row.count_diff, true)};
    if (report.sample_bytes != 0)
        cells.push_back(error_text(row.size_diff, row.samples, report.sample_bytes));
    return cells;
}

std::vector<Style> styles_of(const Statistic&) { return {Style::plain, Style::strong}; }
std::vector<Style> styles_of(const StatisticDiff& row) {
    const Style style = row.size_diff > 0   ? Style::more
                        : row.size_diff < 0 ? Style::less
                                            : Style::plain;
    return {Style::plain, Style::plain, style};
}

Sum total_of(const StatisticsReport& report) {
    Sum total = report.total;
    if (report.exact_total) total.samples = 0;
    return total;
}
StatisticDiff total_of(const DifferenceReport& report) { return report.total; }

// The frames that are shown, in their order.
std::vector<RowFrame> frames_of(const RowReport& report, const std::vector<RowFrame>& traceback) {
    if (report.key != KeyType::traceback) return {};
    return shown_frames(report.traceback, traceback);
}

bool shows_peak(const StatisticsReport& report) { return report.of_peak; }
bool shows_peak(const DifferenceReport&) { return false; }

template <typename Report>
class RowTable {
  public:
    RowTable(const Report& report, const TableFormat& format, const Sink& sink)
        : report_(report),
          sink_(sink),
          wide_(format.columns == 0),
          layout_(format, titles_of(report)) {
        shown_ =
            report.shown == 0 ? report.rows.size() : std::min(report.shown, report.rows.size());
    }

    Result<void> write(const std::string& summary) {
        measure();
        if (shown_ != 0)
            MT_TRY(
                sink_(layout_.titles(name_of(report_.key) == "lineno"    ? "place"
                                     : report_.key == KeyType::traceback ? "stack"
                                                                         : name_of(report_.key))));
        for (std::size_t i = 0; i < shown_; ++i) MT_TRY(sink_(row_text(i)));
        return sink_(sums_text() + summary + remarks_text(report_.remarks, shows_peak(report_)));
    }

  private:
    void measure() {
        for (std::size_t i = 0; i < shown_; ++i) {
            const auto& row = report_.rows[i];
            layout_.measure(cells_of(report_, row, number_of_row(i)), where(row.traceback.front()));
            for (const RowFrame& frame : frames_of(report_, row.traceback))
                layout_.measure({}, where(frame));
        }
        if (has_other() && !report_.cumulative)
            layout_.measure(cells_of(report_, sum_of(report_.rows, shown_), ""), {});
        layout_.measure(cells_of(report_, total_of(report_), ""), {});
    }
    bool has_other() const { return shown_ < report_.rows.size(); }

    static std::string number_of_row(std::size_t i) { return std::to_string(i + 1); }
    Where where(const RowFrame& frame) const {
        return where_of(*report_.book, report_.key, frame, wide_);
    }

    std::string row_text(std::size_t i) const {
        const auto& row = report_.rows[i];
        std::string text = layout_.line(cells_of(report_, row, number_of_row(i)),
                                        where(row.traceback.front()), styles_of(row));
        if (report_.key != KeyType::traceback) return text + source(row.traceback.front());
        for (const RowFrame& frame : frames_of(report_, row.traceback))
            text += layout_.below(where(frame)) + source(frame);
        return text;
    }

    std::string source(const RowFrame& frame) const {
        std::string text = source_text(*report_.book, report_.traceback.source_line, frame);
        if (text.empty()) return text;
        const std::size_t begin = text.find_first_not_of(' ');
        return layout_.source(text.substr(begin, text.size() - begin - 1));
    }

    // Of rows that count a trace several times there is no sum.
    std::string sums_text() const {
        std::string text;
        if (has_other()) {
            const std::string title = fmt::format("{} other", report_.rows.size() - shown_);
            const auto other = sum_of(report_.rows, shown_);
            text = layout_.sum(report_.cumulative ? Cells() : cells_of(report_, other, ""), title);
        }
        return text + layout_.sum(cells_of(report_, total_of(report_), ""), "Total");
    }

    const Report& report_;
    const Sink& sink_;
    const bool wide_;
    Layout layout_;
    std::size_t shown_ = 0;
};

std::string compared_text(const DifferenceReport& report) {
    return fmt::format("compared: snapshot {} with {}{}\n", escaped(report.old),
                       report.now == "now" ? "" : "snapshot ", escaped(report.now));
}

// The row that is explained: its stacks are below.
template <typename Row>
std::string explained_text(const FrameBook& book, const Explained<Row>& explained,
                           const TableFormat& format) {
    const Where where =
        where_of(book, explained.key, explained.row.traceback.front(), format.columns == 0);
    Layout layout(format, {});
    layout.measure({}, where);
    return layout.line({}, where);
}

}  // namespace

Result<void> write_table(const StatisticsReport& report, const TableFormat& format,
                         const Sink& sink, const std::string& summary) {
    if (report.of_peak) MT_TRY(sink(figures_text(report.head)));
    if (report.explains) MT_TRY(sink(explained_text(*report.book, *report.explains, format)));
    return RowTable(report, format, sink).write(summary);
}

Result<void> write_table(const DifferenceReport& report, const TableFormat& format,
                         const Sink& sink) {
    if (!report.explains) return RowTable(report, format, sink).write(compared_text(report));
    MT_TRY(sink(explained_text(*report.book, *report.explains, format)));
    return RowTable(report, format, sink).write("");
}

}  // namespace mt::core
