// SPDX-License-Identifier: MIT
//
// See lists.h.
#include "show/json/lists.h"

#include <algorithm>
#include <array>

#include "abi/layout.h"
#include "report/reason.h"
#include "show/json/head.h"
#include "show/text/stops.h"

namespace mt::core {

Json json_of(const StatusReport& report) {
    static constexpr std::array kOrigins = {"unknown", "preloaded", "linked"};
    const Status& status = report.status;
    Json json = json_head(report.head);
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
    if (status.box.state != 0) {
        const std::string why = status.box.error == 0 ? "" : box_error_text(status.box.error);
        json["black_box"] = {{"path", text_or_null(status.box.path)},
                             {"missing", status.box.missing},
                             {"reason", text_or_null(why)}};
    }
    Json losses = Json::array();
    for (const Loss& loss : report.losses)
        losses.push_back({{"name", loss.name}, {"count", loss.since_state}, {"total", loss.total}});
    json["losses"] = std::move(losses);
    json["runtime"] = kOrigins[status.origin < kOrigins.size() ? status.origin : 0];
    json["reason"] = text_or_null(reason_text(status.reason));
    json["table_format"] = {{"major", status.major}, {"minor", status.minor}};
    json["pid"] = status.identity.pid;
    json["generation"] = status.identity.generation;
    json["direct"] = status.direct;
    json["found_by_scan"] = status.found_by_scan;
    json["remarks"] = remarks_json(report.remarks);
    return json;
}

Json json_of(const ListReport& report) {
    Json json = json_head("list");
    Json list = Json::array();
    for (const ListedSnapshot& one : report.snapshots) {
        Json entry = Json::object();
        entry["number"] = one.number;
        entry["name"] = text_or_null(one.name);
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
    for (const ListedMark& mark : report.marks)
        json["marks"].push_back({{"number", mark.number},
                                 {"name", text_or_null(mark.name)},
                                 {"pid", mark.pid},
                                 {"generation", mark.generation}});
    return json;
}

Json json_of(const ConditionsReport& report) {
    Json json = json_head("break");
    Json list = Json::array();
    for (const Condition& one : report.conditions)
        list.push_back({{"number", one.number},
                        {"condition", condition_text(one)},
                        {"once", one.once},
                        {"enabled", one.enabled},
                        {"hits", one.hits}});
    json["conditions"] = std::move(list);
    return json;
}

Json json_of(const ConfigReport& config) {
    Json json = json_head("config");
    json["rows"] = config.rows;
    json["source"] = config.source;
    json["direct"] = config.direct;
    json["style"] = std::string(config.style);
    json["table"] = config.table == 0 ? Json("auto") : address_json(config.table);
    Json skip = Json::array();
    for (const SkippedPattern& pattern : config.skip)
        skip.push_back({{"kind", pattern.kind}, {"glob", pattern.glob}});
    json["skip"] = std::move(skip);
    return json;
}

}  // namespace mt::core
