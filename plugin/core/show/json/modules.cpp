// SPDX-License-Identifier: MIT
//
// See modules.h.
#include "show/json/modules.h"

namespace mt::core {

Json json_of(const ModulesReport& report) {
    Json json = json_head("modules");
    json["modules"] = Json::array();
    for (const ListedModule& listed : report.modules) {
        const Module& module = listed.module;
        Json row = Json::object();
        row["path"] = module.path;
        row["build_id"] = text_or_null(module.build_id);
        row["start"] = address_json(module.start);
        row["end"] = address_json(module.end);
        row["bias"] = address_json(module.bias);
        row["closed"] = module.unload_sequence != 0;
        row["symbols"] = kSymbolKindNames[static_cast<std::size_t>(listed.symbols.kind)];
        const bool none = listed.symbols.kind == ModuleSymbols::Kind::none;
        // Of the debugger's own there is no file.
        row["from"] = none ? Json() : text_or_null(listed.symbols.file);
        row["looked_at"] = Json::array();
        for (const LookedAt& place : listed.looked_at)
            row["looked_at"].push_back({{"path", place.path}, {"found", place.what}});
        json["modules"].push_back(std::move(row));
    }
    json["remarks"] = remarks_json(report.remarks);
    return json;
}

}  // namespace mt::core
