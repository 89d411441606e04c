// SPDX-License-Identifier: MIT
//
// Who points to whom, as text.
#ifndef MEMTRACE_CORE_SHOW_TEXT_REFS_H
#define MEMTRACE_CORE_SHOW_TEXT_REFS_H

#include <string>

#include "report/refs.h"

namespace mt::core {

std::string text_of(const RefsReport& report);
std::string text_of(const PointsToReport& report);
std::string text_of(const RetainedReport& report);

}  // namespace mt::core

#endif
