// SPDX-License-Identifier: MIT
//
// The JSON form of report.h: schema 1, keys in a fixed order, sizes in bytes,
// names whole; what is not UTF-8 is replaced. A key is added, never renamed.
#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <nlohmann/json.hpp>

#include "abi/layout.h"
#include "show/estimate.h"
#include "show/json_stream.h"
#include "show/report.h"

namespace mt::core {
namespace {

using Json = nlohmann::ordered_json;
constexpr int kSchema = 1;

std::string dump(const Json& json) {
    return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Json amount(std::int64_t size, std::int64_t count) { return {{"size", size}, {"count", count}}; }

Json begin(const Head& head) {
    Json json = Json::object();
    json["schema"] = kSchema;
    json["command"] = head.command;
    json["tracing"] = head.tracing;
    json["current"] = amount(head.current.size, head.current.count);
    json["peak"] = amount(head.peak.size, head.peak.count);
    json["traceback_limit"] = head.traceback_limit;
    return json;
}

Json begin(const char* command) {
    Json json = Json::object();
    json["schema"] = kSchema;
    json["command"] = command;
    return json;
}

// Figures with `samples` are estimates; `error` is their standard error in bytes.
void add_estimate(Json& json, std::int64_t samples, std::uint64_t sample_bytes) {
    if (samples <= 0) return;
    json["samples"] = samples;
    json["error"] = std::llround(error_of(samples, sample_bytes));
}

// What the row was grouped by.
void add_key(Json& json, const RowReport& report, const std::vector<RowFrame>& traceback) {
    if (report.key == KeyType::domain)
        json["domain"] = traceback.front().line;
    else if (report.key == KeyType::thread)
        json["thread"] = {{"serial", traceback.front().line},
                          {"title", report.book->text(traceback.front().label)}};
    else
        json["traceback"] = traceback_json(*report.book, report.key, traceback);
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
        const auto& row = (*report.rows)[i];
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

Json remarks_json(const std::vector<Remark>& remarks) {
    Json list = Json::array();
    for (const Remark& remark : remarks)
        list.push_back({{"code", remark.code}, {"text", remark.text}, {"count", remark.count}});
    return list;
}

Result<void> statistics_json(const StatisticsReport& report, const Sink& sink) {
    const auto& rows = *report.rows;
    const std::size_t shown = report.shown == 0 ? rows.size() : std::min(report.shown, rows.size());
    const auto entry = [&report](const Statistic& row) {
        Json json = amount(row.size, row.count);
        json["total_size"] = row.total_size;
        json["total_count"] = row.total_count;
        json["temporary_count"] = row.temporary_count;
        add_estimate(json, row.samples, report.sample_bytes);
        return json;
    };
    return with_rows(report, begin(report.head), shown, entry, sink, [&] {
        Json json = Json::object();
        json["other"] = Json::object();
        if (!report.cumulative) {
            const Sum other = sum_of(rows, shown);
            json["other"] = amount(other.size, other.count);
            add_estimate(json["other"], other.samples, report.sample_bytes);
        }
        json["other"]["statistics"] = rows.size() - shown;
        json["total"] = amount(report.total.size, report.total.count);
        if (!report.exact_total)
            add_estimate(json["total"], report.total.samples, report.sample_bytes);
        return json;
    });
}

Result<void> difference_json(const DifferenceReport& report, const Sink& sink) {
    const auto& rows = *report.rows;
    const std::size_t shown = report.shown == 0 ? rows.size() : std::min(report.shown, rows.size());
    const auto figures = [&report](const StatisticDiff& row) {
        Json json = {{"size", row.size},
                     {"size_diff", row.size_diff},
                     {"count", row.count},
                     {"count_diff", row.count_diff}};
        add_estimate(json, row.samples, report.sample_bytes);
        return json;
    };
    Json head = begin(report.head);
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

std::string status_json(const StatusReport& report) {
    static constexpr std::array kOrigins = {"unknown", "preloaded", "linked"};
    const Status& status = report.status;
    Json json = begin(report.head);
    json["paused"] = status.paused;
    json["paused_threads"] = status.paused_threads;
    json["traceback_limit_recorded"] = std::min<std::uint32_t>(status.frame_limit, abi::kMaxFrames);
    if (status.tracing && status.sample_bytes != 0) json["sample_bytes"] = status.sample_bytes;
    json["stamps"] = status.stamps;
    json["marks"] = status.mark;
    json["blocks"] = report.blocks;
    json["tracebacks"] = report.tracebacks;
    if (status.unmade)
        for (const char* unknown : {"current", "peak", "blocks", "tracebacks"})
            json[unknown] = nullptr;
    json["unrecorded"] = status.unrecorded;
    json["tracer_memory"] = report.own_bytes;
    Json losses = Json::array();
    for (const Loss& loss : report.losses)
        losses.push_back({{"name", loss.name}, {"count", loss.since_state}, {"total", loss.total}});
    json["losses"] = std::move(losses);
    json["runtime"] = kOrigins[status.origin < kOrigins.size() ? status.origin : 0];
    const std::string reason = reason_text(status.reason);
    json["reason"] = reason.empty() ? Json() : Json(reason);
    json["table_format"] = {{"major", status.major}, {"minor", status.minor}};
    json["pid"] = status.identity.pid;
    json["generation"] = status.identity.generation;
    json["direct"] = status.direct;
    json["found_by_scan"] = status.found_by_scan;
    json["remarks"] = remarks_json(report.remarks);
    return dump(json);
}

std::string list_json(const std::vector<ListedSnapshot>& snapshots,
                      const std::vector<ListedMark>& marks) {
    Json json = begin("list");
    Json list = Json::array();
    for (const ListedSnapshot& one : snapshots) {
        Json entry = Json::object();
        entry["number"] = one.number;
        entry["name"] = one.name.empty() ? Json() : Json(one.name);
        entry["size"] = one.live.size;
        entry["count"] = one.live.count;
        entry["tracebacks"] = one.tracebacks;
        entry["pid"] = one.pid;
        entry["blocks"] = one.blocks;
        if (one.sample_bytes != 0) entry["sample_bytes"] = one.sample_bytes;
        if (!one.file.empty()) entry["file"] = one.file;
        list.push_back(std::move(entry));
    }
    json["snapshots"] = std::move(list);
    json["marks"] = Json::array();
    for (const ListedMark& mark : marks)
        json["marks"].push_back({{"number", mark.number},
                                 {"name", mark.name.empty() ? Json() : Json(mark.name)},
                                 {"pid", mark.pid},
                                 {"generation", mark.generation}});
    return dump(json);
}

std::string conditions_json(const std::vector<ListedCondition>& conditions) {
    Json json = begin("break");
    Json list = Json::array();
    for (const ListedCondition& one : conditions)
        list.push_back({{"number", one.number},
                        {"condition", one.text},
                        {"once", one.once},
                        {"enabled", one.enabled},
                        {"hits", one.hits}});
    json["conditions"] = std::move(list);
    return dump(json);
}

std::string config_json(const ConfigReport& config) {
    Json json = begin("config");
    json["rows"] = config.rows;
    json["source"] = config.source;
    json["direct"] = config.direct;
    Json skip = Json::array();
    for (const SkippedPattern& pattern : config.skip)
        skip.push_back({{"kind", pattern.kind}, {"glob", pattern.glob}});
    json["skip"] = std::move(skip);
    return dump(json);
}

}  // namespace mt::core
