// SPDX-License-Identifier: MIT
//
// See rows.h.
#include "show/json/rows.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "analyse/by_size.h"
#include "report/estimate.h"
#include "show/json/head.h"
#include "show/json/stream.h"

namespace mt::core {
namespace {

// Figures with `samples` are estimates; `error` is their standard error in bytes.
void add_estimate(Json& json, std::int64_t samples, std::uint64_t sample_bytes) {
    if (samples <= 0) return;
    json["samples"] = samples;
    json["error"] = std::llround(error_of(samples, sample_bytes));
}

// What the row was grouped by.
void add_key(Json& json, const RowReport& report, const std::vector<RowFrame>& traceback) {
    if (is_size(report.key)) {
        const bool exact = report.key == KeyType::exact_size;
        const SizeRange sizes = size_range(traceback.front().offset.value_or(0), exact);
        json["sizes"] = {{"least", sizes.least}, {"most", sizes.most}};
    } else if (report.key == KeyType::type) {
        const RowFrame& row = traceback.front();
        json["type"] = {
            {"name", row.offset.value_or(0) != 0 ? Json(report.book->text(row.label)) : Json()},
            {"known_by", report.book->text(row.function.value_or(0))}};
    } else if (report.key == KeyType::domain) {
        json["domain"] = traceback.front().line;
    } else if (report.key == KeyType::thread) {
        json["thread"] = {{"serial", traceback.front().line},
                          {"title", report.book->text(traceback.front().label)}};
    } else {
        json["traceback"] = traceback_json(*report.book, report.key, traceback);
    }
}

// Rows of either kind, and what comes after them.
template <typename Report, typename Entry>
Result<void> with_rows(const Report& report, Json head, std::size_t shown, Entry entry,
                       const Sink& sink, const std::function<Json()>& tail) {
    head["by"] = std::string(name_of(report.key));
    if (report.cumulative) head["cumulative"] = true;
    if (report.sample_bytes != 0) head["sample_bytes"] = report.sample_bytes;
    JsonStream out(sink);
    out.members(head);
    out.begin_list("statistics");
    for (std::size_t i = 0; i < shown; ++i) {
        const auto& row = report.rows[i];
        Json json = entry(row);
        add_key(json, report, row.traceback);
        MT_TRY(out.item(json));
    }
    out.end_list();
    out.members(tail());
    out.members({{"remarks", remarks_json(report.remarks)}});
    return out.end();
}

}  // namespace

Result<void> write_json(const StatisticsReport& report, const Sink& sink, const Json& summary) {
    const auto& rows = report.rows;
    const std::size_t shown = report.shown == 0 ? rows.size() : std::min(report.shown, rows.size());
    const auto entry = [&report](const Statistic& row) {
        Json json = amount_json(row.size, row.count);
        json["total_size"] = row.total_size;
        json["total_count"] = row.total_count;
        json["temporary_count"] = row.temporary_count;
        if (row.held_count != 0) json["held"] = amount_json(row.held_size, row.held_count);
        add_estimate(json, row.samples, report.sample_bytes);
        return json;
    };
    return with_rows(report, json_head(report.head), shown, entry, sink, [&] {
        Json json = Json::object();
        json["other"] = Json::object();
        if (!report.cumulative) {
            const Sum other = sum_of(rows, shown);
            json["other"] = amount_json(other.size, other.count);
            add_estimate(json["other"], other.samples, report.sample_bytes);
        }
        json["other"]["statistics"] = rows.size() - shown;
        json["total"] = amount_json(report.total.size, report.total.count);
        if (!report.exact_total)
            add_estimate(json["total"], report.total.samples, report.sample_bytes);
        json.update(summary);
        return json;
    });
}

Result<void> write_json(const DifferenceReport& report, const Sink& sink) {
    const auto& rows = report.rows;
    const std::size_t shown = report.shown == 0 ? rows.size() : std::min(report.shown, rows.size());
    const auto figures = [&report](const StatisticDiff& row) {
        Json json = {{"size", row.size},
                     {"size_diff", row.size_diff},
                     {"count", row.count},
                     {"count_diff", row.count_diff}};
        add_estimate(json, row.samples, report.sample_bytes);
        return json;
    };
    Json head = json_head(report.head);
    head["old"] = report.old;
    head["new"] = report.now;
    return with_rows(report, std::move(head), shown, figures, sink, [&] {
        Json json = Json::object();
        json["other"] = report.cumulative ? Json::object() : figures(sum_of(rows, shown));
        json["other"]["statistics"] = rows.size() - shown;
        json["total"] = figures(report.total);
        return json;
    });
}

}  // namespace mt::core
