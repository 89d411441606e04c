// SPDX-License-Identifier: MIT
//
// See scope.h.
#include "show/json/scope.h"

#include <algorithm>
#include <array>

#include "show/json/rows.h"
#include "show/json/stream.h"

namespace mt::core {
namespace {

const char* name_of(Left left) {
    constexpr std::array kNames = {"open", "returned", "jumped", "outer", "exited"};
    return kNames[static_cast<std::size_t>(left)];
}

Json columns_json(const ScopeColumns& columns) {
    return {{"allocations", columns.allocs},
            {"frees", columns.frees},
            {"bytes", columns.bytes},
            {"net", columns.net},
            {"peak", columns.peak}};
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

Result<void> write_json(const ScopeReport& report, const Sink& sink) {
    if (report.alive) return write_json(*report.alive, sink);
    JsonStream out(sink);
    out.members(json_head("scope"));
    out.members({{"scope", head_json(report)}});
    out.begin_list("calls");
    const std::size_t count = report.calls.size();
    const std::size_t shown = report.shown == 0 ? count : std::min(report.shown, count);
    for (std::size_t i = 0; i < shown; ++i) MT_TRY(out.item(call_json(report.calls[i])));
    out.end_list();
    out.members({{"other", count - shown}, {"remarks", remarks_json(report.remarks)}});
    return out.end();
}

Json json_of(const ScopesReport& report) {
    Json json = json_head("scope");
    json["scopes"] = Json::array();
    for (const ScopeReport& one : report.scopes) json["scopes"].push_back(head_json(one));
    if (!report.remarks.empty()) json["remarks"] = remarks_json(report.remarks);
    return json;
}

}  // namespace mt::core
