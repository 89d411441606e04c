// SPDX-License-Identifier: MIT
//
// The text of mt block and mt blocks. Tracebacks are as in tracemalloc's crash dumps.
#ifndef MEMTRACE_CORE_SHOW_TEXT_BLOCKS_H
#define MEMTRACE_CORE_SHOW_TEXT_BLOCKS_H

#include <string>

#include "model/sink.h"
#include "report/blocks.h"

namespace mt::core {

std::string text_of(const BlockReport& report);
Result<void> write_text(const BlocksReport& report, const Sink& sink);

}  // namespace mt::core

#endif
