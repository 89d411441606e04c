// SPDX-License-Identifier: MIT
//
// See head.h.
#include "show/json/head.h"

namespace mt::core {

Json amount_json(std::int64_t size, std::int64_t count) {
    return {{"size", size}, {"count", count}};
}

Json json_head(const Head& head) {
    Json json = json_head(head.command);
    json["tracing"] = head.tracing;
    json["current"] = amount_json(head.current.size, head.current.count);
    json["peak"] = amount_json(head.peak.size, head.peak.count);
    json["traceback_limit"] = head.traceback_limit;
    return json;
}

}  // namespace mt::core
