// SPDX-License-Identifier: MIT
//
// The text of what mt break waits for, and of a stop that the user is told of. One form
// only: a debugger prints it where it prints its own breakpoints.
#ifndef MEMTRACE_CORE_SHOW_TEXT_STOPS_H
#define MEMTRACE_CORE_SHOW_TEXT_STOPS_H

#include <string>

#include "report/condition.h"

namespace mt::core {

// "total >= 500 MiB"
std::string condition_text(const Condition& condition);
// With its end.
std::string stop_text(const FrameBook& book, const Stop& stop);

}  // namespace mt::core

#endif
