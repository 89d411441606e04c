// SPDX-License-Identifier: MIT
//
// See scope.h.
#include "show/text/scope.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <utility>
#include <vector>

#include "model/text.h"
#include "show/text/parts.h"
#include "show/text/rows.h"

namespace mt::core {
namespace {

const char* note_of(const ScopeCall& call) {
    if (!call.had_traces) return "tracing was off at its begin";
    if (call.cleared) return "tracing was cleared within";
    switch (call.left) {
        case Left::open:
            return "open";
        case Left::returned:
            return "";
        case Left::jumped:
            return "left without a return";
        case Left::outer:
            return "ended by an outer scope";
        case Left::exited:
            return "its thread ended";
    }
    return "";
}

std::string size_text(std::int64_t bytes, bool sign = false) {
    return format_size(static_cast<double>(bytes), sign);
}

std::string plural(std::uint64_t number, const char* what) {
    return fmt::format("{} {}{}", number, what, number == 1 ? "" : "s");
}

// A table: the first column and those of figures to the right, notes to the left.
using Row = std::vector<std::string>;

using TakeRow = std::function<Result<void>(const Row& row)>;

// `each` makes the rows twice: for the widths, and to be written.
Result<void> write_table(const std::function<Result<void>(const TakeRow&)>& each,
                         const Sink& sink) {
    std::vector<std::size_t> widths;
    auto measured = each([&widths](const Row& row) -> Result<void> {
        widths.resize(std::max(widths.size(), row.size()));
        for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
        return {};
    });
    if (!measured) return measured;
    return each([&](const Row& row) {
        std::string line;
        for (std::size_t i = 0; i + 1 < row.size(); ++i)
            line += fmt::format("{}{:>{}}", i == 0 ? "" : "  ", row[i], widths[i]);
        if (!row.back().empty()) line += "  " + row.back();
        return sink(line.substr(0, line.find_last_not_of(' ') + 1) + "\n");
    });
}

void add_figures(const ScopeColumns& columns, Row& row) {
    row.push_back(std::to_string(columns.allocs));
    row.push_back(std::to_string(columns.frees));
    row.push_back(size_text(columns.bytes));
    row.push_back(size_text(columns.net, true));
    row.push_back(size_text(columns.peak));
}

std::string alive_text(const ScopeCall& call) {
    if (!call.alive_count) return "-";
    return fmt::format("{} ({})", *call.alive_count, size_text(*call.alive_bytes));
}

Row row_of(const ScopeReport& report, const ScopeCall& call) {
    Row row = {std::to_string(call.number), call.thread != 0 ? std::to_string(call.thread) : "-"};
    add_figures(columns_of(call), row);
    if (report.has_alive) row.push_back(alive_text(call));
    row.emplace_back(note_of(call));
    return row;
}

Row summary_row(const ScopeReport& report, const char* what, const ScopeColumns& columns) {
    Row row = {what, ""};
    add_figures(columns, row);
    if (report.has_alive) row.emplace_back();
    row.emplace_back();
    return row;
}

std::string title_of(const ScopeReport& report) {
    std::string text = report.number != 0 ? fmt::format("scope {}: ", report.number) : "";
    text += fmt::format("{}, {}", printable(report.name), plural(report.summary.calls, "call"));
    if (report.open != 0) text += fmt::format(", {} open", report.open);
    return text;
}

Result<void> write_calls(const ScopeReport& report, const Sink& sink) {
    const std::size_t count = report.calls.size();
    const std::size_t shown = report.shown == 0 ? count : std::min(report.shown, count);
    const auto each = [&](const TakeRow& take) -> Result<void> {
        Row head = {"call", "thread", "allocs", "frees", "bytes", "net", "peak"};
        if (report.has_alive) head.emplace_back("alive");
        head.emplace_back();
        MT_TRY(take(head));
        for (std::size_t i = 0; i < shown; ++i) MT_TRY(take(row_of(report, report.calls[i])));
        if (report.summary.calls <= 1) return {};
        for (const auto& [what, columns] :
             {std::pair("min", &report.summary.least), std::pair("median", &report.summary.median),
              std::pair("max", &report.summary.most), std::pair("total", &report.summary.total)})
            MT_TRY(take(summary_row(report, what, *columns)));
        return {};
    };
    MT_TRY(write_table(each, sink));
    std::string text;
    if (shown < count) text = fmt::format("{} not shown\n", plural(count - shown, "call"));
    return sink(text + remarks_text(report.remarks));
}

}  // namespace

std::string ended_text(std::string_view name, const ScopeCall& call) {
    const std::string note = note_of(call);
    return fmt::format("{} call {}: {}, {}, bytes={}, net={}, peak={}{}\n", printable(name),
                       call.number, plural(call.totals.alloc_count, "alloc"),
                       plural(call.totals.free_count, "free"),
                       size_text(static_cast<std::int64_t>(call.totals.alloc_bytes)),
                       size_text(call.totals.net(), true), size_text(call.peak),
                       note.empty() ? "" : " (" + note + ")");
}

Result<void> write_text(const ScopeReport& report, const Sink& sink) {
    MT_TRY(sink(title_of(report) + "\n"));
    if (report.calls.empty())
        MT_TRY(sink(remarks_text(report.remarks)));
    else
        MT_TRY(write_calls(report, sink));
    if (!report.alive) return {};
    MT_TRY(sink("alive, by " + report.alive_by + ":\n"));
    return write_text(*report.alive, sink);
}

std::string text_of(const ScopesReport& report) {
    std::string text;
    if (report.scopes.empty())
        text = "no scopes; mt scope FUNCTION measures the calls of a function\n";
    for (const ScopeReport& one : report.scopes) {
        text += fmt::format("{} ({}, {}{})", title_of(one), one.kind, one.whose,
                            one.measures ? "" : ", no more calls");
        if (one.summary.calls != 0)
            text += fmt::format(": net={}, peak={}", size_text(one.summary.total.net, true),
                                size_text(one.summary.most.peak));
        text += "\n";
    }
    return text + remarks_text(report.remarks);
}

}  // namespace mt::core
