// SPDX-License-Identifier: MIT
//
// The JSON of mt leaks: rows, and what became of all blocks.
#ifndef MEMTRACE_CORE_SHOW_JSON_LEAKS_H
#define MEMTRACE_CORE_SHOW_JSON_LEAKS_H

#include "model/sink.h"
#include "report/leaks.h"

namespace mt::core {

Result<void> write_json(const LeaksReport& report, const Sink& sink);

}  // namespace mt::core

#endif
