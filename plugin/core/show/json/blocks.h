// SPDX-License-Identifier: MIT
//
// The JSON of mt block and mt blocks.
#ifndef MEMTRACE_CORE_SHOW_JSON_BLOCKS_H
#define MEMTRACE_CORE_SHOW_JSON_BLOCKS_H

#include "model/sink.h"
#include "report/blocks.h"
#include "show/json/document.h"

namespace mt::core {

Json json_of(const BlockReport& report);
Result<void> write_json(const BlocksReport& report, const Sink& sink);

}  // namespace mt::core

#endif
