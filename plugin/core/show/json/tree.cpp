// SPDX-License-Identifier: MIT
//
// See tree.h. A list, not nested: a tree may be deeper than readers of JSON like.
#include "show/json/tree.h"

#include "show/json/head.h"

namespace mt::core {
namespace {

Json figures_json(const TreeReport& report, const TreeFigures& figures) {
    Json json = amount_json(figures.size, figures.count);
    if (!report.is_difference) return json;
    json["size_diff"] = figures.size_diff;
    json["count_diff"] = figures.count_diff;
    return json;
}

}  // namespace

Json json_of(const TreeReport& report) {
    Json json = json_head(report.head);
    json["of"] = report.of;
    json["from"] = report.from == TreeFrom::callers ? "callers" : "callees";
    json["nodes"] = Json::array();
    for (const TreeLine& line : lines_of(report)) {
        Json node = figures_json(report, line.figures);
        if (line.node == 0) {
            node["smaller"] = line.not_shown;
        } else {
            const TreeNode& shown = (*report.nodes)[line.node];
            node["number"] = line.node;
            node["parent"] = shown.parent == 0 ? Json() : Json(shown.parent);
            node["not_shown"] = line.not_shown;
            node["frame"] = traceback_json(*report.book, KeyType::traceback, {shown.frame}).front();
        }
        json["nodes"].push_back(std::move(node));
    }
    json["total"] = figures_json(report, report.nodes->front().figures);
    json["remarks"] = remarks_json(report.remarks);
    return json;
}

}  // namespace mt::core
