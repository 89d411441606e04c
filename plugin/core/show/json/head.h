// SPDX-License-Identifier: MIT
//
// How reports about a table begin in JSON.
#ifndef MEMTRACE_CORE_SHOW_JSON_HEAD_H
#define MEMTRACE_CORE_SHOW_JSON_HEAD_H

#include "report/rows.h"
#include "show/json/document.h"

namespace mt::core {

Json amount_json(std::int64_t size, std::int64_t count);
Json json_head(const Head& head);

}  // namespace mt::core

#endif
