// SPDX-License-Identifier: MIT
//
// The text of mt leaks: rows, and what became of all blocks.
#ifndef MEMTRACE_CORE_SHOW_TEXT_LEAKS_H
#define MEMTRACE_CORE_SHOW_TEXT_LEAKS_H

#include <string>

#include "model/sink.h"
#include "report/leaks.h"

namespace mt::core {

// What is lost in which way, of all live blocks.
std::string summary_text(const LeaksReport& report);
Result<void> write_text(const LeaksReport& report, const Sink& sink);

}  // namespace mt::core

#endif
