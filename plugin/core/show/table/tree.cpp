// SPDX-License-Identifier: MIT
//
// See tree.h.
#include "show/table/tree.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "model/text.h"
#include "names/shorten.h"
#include "show/names.h"
#include "show/table/layout.h"
#include "show/text/parts.h"
#include "show/text/traceback.h"
#include "symbols/name.h"

namespace mt::core {
namespace {

// Deeper ones are not indented further: they would leave the terminal.
constexpr std::size_t kMostLevels = 24;

using Cells = std::vector<std::string>;

Cells titles_of(const TreeReport& report) {
    if (report.is_difference) return {"#", "size", "change", "count", "change"};
    return {"#", "size", "share", "count"};
}

Cells cells_of(const TreeReport& report, std::uint32_t node, const TreeFigures& figures) {
    const std::string number = node == 0 ? "" : std::to_string(node);
    if (report.is_difference)
        return {number, format_size(figures.size),
                format_size(static_cast<double>(figures.size_diff), true), thousands(figures.count),
                thousands(figures.count_diff, true)};
    return {number, format_size(figures.size),
            share_of(figures.size, report.nodes->front().figures.size), thousands(figures.count)};
}

// The function, and where there is room its file.
std::string name_text(const TreeReport& report, const RowFrame& frame, std::size_t room) {
    const std::string& function = report.book->text(frame.function.value_or(0));
    if (function.empty())
        return shortened_path(fmt::format("{}:{}", row_name(*report.book, frame), frame.line),
                              room);
    std::string name = function_text(function, room);
    const TextId file = frame.file != 0 ? frame.file : frame.module.value_or(0);
    if (file == 0) return name;
    const std::string beside = "  " + escaped(base_name(report.book->text(file)));
    if (columns_of(name) + columns_of(beside) <= room) name += beside;
    return name;
}

std::string line_text(const TreeReport& report, const Layout& layout, const TreeLine& line) {
    const std::size_t indent = 2 * std::min(line.level, kMostLevels);
    const std::size_t room = layout.room(indent);
    std::string text(indent, ' ');
    const std::string plural = line.not_shown == 1 ? "" : "s";
    if (line.node == 0) {
        text += fmt::format("{} smaller one{}", line.not_shown, plural);
    } else {
        const std::string more = line.not_shown == 0 ? "" : fmt::format("  +{}", line.not_shown);
        text += name_text(report, (*report.nodes)[line.node].frame,
                          room - std::min(room, columns_of(more)));
        text += more;
    }
    return layout.sum(cells_of(report, line.node, line.figures), text);
}

}  // namespace

Result<void> write_tree(const TreeReport& report, const TableFormat& format, const Sink& sink) {
    const std::vector<TreeLine> lines = lines_of(report);
    Layout layout(format, titles_of(report));
    for (const TreeLine& line : lines)
        layout.measure(cells_of(report, line.node, line.figures), {});
    layout.measure(cells_of(report, 0, report.nodes->front().figures), {});
    const bool callers = report.from == TreeFrom::callers;
    MT_TRY(sink(layout.titles(callers ? "function" : "function, below it who called it")));
    for (const TreeLine& line : lines) MT_TRY(sink(line_text(report, layout, line)));
    const bool is_folded = std::any_of(lines.begin(), lines.end(), [](const TreeLine& line) {
        return line.node != 0 && line.not_shown != 0;
    });
    std::string text = layout.sum(cells_of(report, 0, report.nodes->front().figures),
                                  "Total of " + escaped(report.of));
    if (is_folded) text += "+N: so many more below it; mt tree NUMBER shows them\n";
    return sink(text + remarks_text(report.remarks));
}

}  // namespace mt::core
