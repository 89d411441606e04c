// SPDX-License-Identifier: MIT
//
// See scope.h. Sizes in text are rounded as everywhere, in JSON they are bytes.
#include "show/scope.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <nlohmann/json.hpp>
#include <utility>

#include "show/json_stream.h"
#include "show/report.h"
#include "show/text.h"

namespace mt::core {
namespace {

using Json = nlohmann::ordered_json;

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

const char* name_of(Left left) {
    constexpr std::array kNames = {"open", "returned", "jumped", "outer", "exited"};
    return kNames[static_cast<std::size_t>(left)];
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
    const auto measured = each([&widths](const Row& row) -> Result<void> {
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

Json columns_json(const ScopeColumns& columns) {
    return {{"allocations", columns.allocs},
            {"frees", columns.frees},
            {"bytes", columns.bytes},
            {"net", columns.net},
            {"peak", columns.peak}};
}

Json begin_json() {
    Json json = Json::object();
    json["schema"] = 1;
    json["command"] = "scope";
    return json;
}

std::string dump(const Json& json) {
    return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Json head_json(const ScopeReport& report) {
    Json json = Json::object();
    json["number"] = report.number != 0 ? Json(report.number) : Json();
    json["name"] = report.name;
    json["kind"] = report.kind;
    json["whose"] = report.whose;
    json["calls"] = report.summary.calls;
    json["open"] = report.open;
    json["min"] = columns_json(report.summary.least);
    json["median"] = columns_json(report.summary.median);
    json["max"] = columns_json(report.summary.most);
    json["total"] = columns_json(report.summary.total);
    return json;
}

Json call_json(const ScopeCall& call) {
    Json json = Json::object();
    json["call"] = call.number;
    json["thread"] = call.thread != 0 ? Json(call.thread) : Json();
    json.update(columns_json(columns_of(call)));
    if (call.alive_count)
        json["alive"] = {{"size", *call.alive_bytes}, {"count", *call.alive_count}};
    json["left"] = name_of(call.left);
    json["cleared"] = call.cleared || !call.had_traces;
    return json;
}

}  // namespace

ScopeColumns columns_of(const ScopeCall& call) {
    return {static_cast<std::int64_t>(call.totals.alloc_count),
            static_cast<std::int64_t>(call.totals.free_count),
            static_cast<std::int64_t>(call.totals.alloc_bytes), call.totals.net(), call.peak};
}

ScopeSummary summary_of(const std::vector<ScopeCall>& calls) {
    ScopeSummary summary;
    std::vector<ScopeColumns> all;
    for (const ScopeCall& call : calls)
        if (call.left != Left::open) all.push_back(columns_of(call));
    summary.calls = all.size();
    if (all.empty()) return summary;
    for (const auto column : kScopeColumns) {
        std::vector<std::int64_t> values;
        for (const ScopeColumns& one : all) values.push_back(one.*column);
        std::sort(values.begin(), values.end());
        summary.least.*column = values.front();
        summary.median.*column = values[(values.size() - 1) / 2];
        summary.most.*column = values.back();
        for (const std::int64_t value : values)
            summary.total.*column = add(summary.total.*column, value);
    }
    summary.total.peak = summary.most.peak;
    return summary;
}

const std::vector<std::string_view>& scope_sort_names() {
    static const std::vector<std::string_view> names = {"call", "allocs", "bytes",
                                                        "net",  "peak",   "alive"};
    return names;
}

void sort_calls(std::vector<ScopeCall>& calls, ScopeSort sort) {
    const auto figure = [sort](const ScopeCall& call) -> std::int64_t {
        const ScopeColumns columns = columns_of(call);
        switch (sort) {
            case ScopeSort::call:
                return 0;
            case ScopeSort::allocs:
                return columns.allocs;
            case ScopeSort::bytes:
                return columns.bytes;
            case ScopeSort::net:
                return columns.net;
            case ScopeSort::peak:
                return columns.peak;
            case ScopeSort::alive:
                return call.alive_bytes.value_or(0);
        }
        return 0;
    };
    std::sort(calls.begin(), calls.end(), [&](const ScopeCall& a, const ScopeCall& b) {
        const std::int64_t of_a = figure(a), of_b = figure(b);
        if (of_a != of_b) return of_a > of_b;
        return a.number != b.number ? a.number < b.number : a.thread < b.thread;
    });
}

std::string ended_text(std::string_view name, const ScopeCall& call) {
    const std::string note = note_of(call);
    return fmt::format("{} call {}: {}, {}, bytes={}, net={}, peak={}{}\n", printable(name),
                       call.number, plural(call.totals.alloc_count, "alloc"),
                       plural(call.totals.free_count, "free"),
                       size_text(static_cast<std::int64_t>(call.totals.alloc_bytes)),
                       size_text(call.totals.net(), true), size_text(call.peak),
                       note.empty() ? "" : " (" + note + ")");
}

Result<void> scope_text(const ScopeReport& report, const Sink& sink) {
    MT_TRY(sink(title_of(report) + "\n"));
    if (report.calls.empty()) return sink(remarks_text(report.remarks));
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

Result<void> scope_json(const ScopeReport& report, const Sink& sink) {
    JsonStream out(sink);
    out.members(begin_json());
    out.members({{"scope", head_json(report)}});
    out.begin_list("calls");
    const std::size_t count = report.calls.size();
    const std::size_t shown = report.shown == 0 ? count : std::min(report.shown, count);
    for (std::size_t i = 0; i < shown; ++i) MT_TRY(out.item(call_json(report.calls[i])));
    out.end_list();
    out.members({{"other", count - shown}, {"remarks", remarks_json(report.remarks)}});
    return out.end();
}

std::string scopes_text(const std::vector<ScopeReport>& list, const std::vector<Remark>& remarks) {
    std::string text;
    if (list.empty()) text = "no scopes; mt scope FUNCTION measures the calls of a function\n";
    for (const ScopeReport& one : list) {
        text += fmt::format("{} ({}, {}{})", title_of(one), one.kind, one.whose,
                            one.measures ? "" : ", no more calls");
        if (one.summary.calls != 0)
            text += fmt::format(": net={}, peak={}", size_text(one.summary.total.net, true),
                                size_text(one.summary.most.peak));
        text += "\n";
    }
    return text + remarks_text(remarks);
}

std::string scopes_json(const std::vector<ScopeReport>& list, const std::vector<Remark>& remarks) {
    Json json = begin_json();
    json["scopes"] = Json::array();
    for (const ScopeReport& one : list) json["scopes"].push_back(head_json(one));
    if (!remarks.empty()) json["remarks"] = remarks_json(remarks);
    return dump(json);
}

}  // namespace mt::core
