// SPDX-License-Identifier: MIT
//
// See refs.h.
#include "show/json/refs.h"

#include "show/json/head.h"

namespace mt::core {
namespace {

const char* name_of(ChainRoot::Kind kind) {
    switch (kind) {
        case ChainRoot::Kind::data:
            return "data";
        case ChainRoot::Kind::thread_local_storage:
            return "thread-local";
        case ChainRoot::Kind::stack:
            return "stack";
        case ChainRoot::Kind::reg:
            return "register";
        case ChainRoot::Kind::mapping:
            return "mapping";
        case ChainRoot::Kind::heap:
            return "earlier-heap";
        case ChainRoot::Kind::none:
            break;
    }
    return "none";
}

Json block_json(const FrameBook& book, const BlockAt& at) {
    return {{"address", address_json(at.block.address)},
            {"size", at.block.size},
            {"traceback", traceback_json(book, KeyType::lineno, {at.line})}};
}

Json root_json(const ChainRoot& root) {
    Json json = {{"kind", name_of(root.kind)}};
    if (root.address != 0) json["address"] = address_json(root.address);
    if (!root.thread.empty()) json["thread"] = root.thread;
    if (root.kind == ChainRoot::Kind::reg) {
        json["register"] = root.symbol;
        return json;
    }
    if (!root.module.empty()) json["module"] = root.module;
    if (!root.symbol.empty()) {
        json["symbol"] = root.symbol;
        json["symbol_offset"] = root.offset;
    }
    return json;
}

Json step_json(const FrameBook& book, const ChainStep& step) {
    Json json = Json::object();
    json["from"] = step.from ? Json(*step.from) : Json();
    json["offset"] = step.offset;
    json["block"] = block_json(book, step.to);
    return json;
}

Json steps_json(const FrameBook& book, const std::vector<ChainStep>& steps) {
    Json list = Json::array();
    for (const ChainStep& step : steps) list.push_back(step_json(book, step));
    return list;
}

Json retained_json(const FrameBook& book, const Retained& retained) {
    Json json = block_json(book, retained.block);
    json["retained"] = amount_json(retained.amount.size, retained.amount.count);
    json["lost"] = retained.is_lost;
    return json;
}

}  // namespace

Json json_of(const RefsReport& report) {
    Json json = json_head("refs");
    json["address"] = address_json(report.address);
    json["block"] = block_json(*report.book, report.block);
    json["chains"] = Json::array();
    for (const Chain& chain : report.chains)
        json["chains"].push_back({{"root", root_json(chain.root)},
                                  {"left_out", chain.left_out},
                                  {"steps", steps_json(*report.book, chain.steps)}});
    json["others"] = report.others;
    json["backwards"] = report.backwards;
    json["remarks"] = remarks_json(report.remarks);
    return json;
}

Json json_of(const PointsToReport& report) {
    Json json = json_head("refs");
    json["address"] = address_json(report.address);
    json["block"] = block_json(*report.book, report.block);
    json["points_to"] = steps_json(*report.book, report.steps);
    json["others"] = report.others;
    json["remarks"] = remarks_json(report.remarks);
    return json;
}

Json json_of(const RetainedReport& report) {
    Json json = json_head("retained");
    if (report.address) json["address"] = address_json(*report.address);
    if (report.block) json["block"] = retained_json(*report.book, *report.block);
    json["rows"] = Json::array();
    for (const Retained& row : report.rows)
        json["rows"].push_back(retained_json(*report.book, row));
    json["other"] = amount_json(report.other.size, report.other.count);
    json["other"]["rows"] = report.others;
    json["total"] = amount_json(report.total.size, report.total.count);
    json["remarks"] = remarks_json(report.remarks);
    return json;
}

}  // namespace mt::core
