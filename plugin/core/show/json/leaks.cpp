// SPDX-License-Identifier: MIT
//
// See leaks.h.
#include "show/json/leaks.h"

#include "show/json/head.h"
#include "show/json/rows.h"

namespace mt::core {

Result<void> write_json(const LeaksReport& report, const Sink& sink) {
    Json summary = Json::object();
    summary["kinds"] = Json::array();
    for (const LeakKind kind : report.kinds)
        summary["kinds"].push_back(kLeakKindNames[static_cast<std::size_t>(kind)]);
    for (std::size_t i = 0; i < kLeakKinds; ++i)
        summary["leaks"][std::string(kLeakKindNames[i])] =
            amount_json(report.amounts[i].size, report.amounts[i].count);
    summary["searched"] = report.searched;
    summary["threads"] = report.threads;
    return write_json(report.rows, sink, summary);
}

}  // namespace mt::core
