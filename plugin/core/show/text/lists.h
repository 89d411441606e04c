// SPDX-License-Identifier: MIT
//
// The text of mt status, list, break and config.
#ifndef MEMTRACE_CORE_SHOW_TEXT_LISTS_H
#define MEMTRACE_CORE_SHOW_TEXT_LISTS_H

#include <string>

#include "report/lists.h"

namespace mt::core {

std::string text_of(const StatusReport& report);
std::string text_of(const ListReport& report);
std::string text_of(const ConditionsReport& report);
std::string text_of(const ConfigReport& report);

}  // namespace mt::core

#endif
