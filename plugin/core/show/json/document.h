// SPDX-License-Identifier: MIT
//
// What all JSON documents share: how they begin, remarks, tracebacks, and how they are
// dumped. Knows no report.
#ifndef MEMTRACE_CORE_SHOW_JSON_DOCUMENT_H
#define MEMTRACE_CORE_SHOW_JSON_DOCUMENT_H

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "analyse/statistics.h"
#include "model/snapshot.h"

namespace mt::core {

using Json = nlohmann::ordered_json;

// {"schema": 1, "command": …
Json json_head(const std::string& command);
Json remarks_json(const std::vector<Remark>& remarks);
// "0x55d0…"
Json address_json(std::uint64_t address);
// null when it is empty
Json text_or_null(const std::string& text);
// Frames, most recent first: file, line, function, module, offset.
Json traceback_json(const FrameBook& book, KeyType key, const std::vector<RowFrame>& traceback);
std::string dump(const Json& json);

}  // namespace mt::core

#endif
