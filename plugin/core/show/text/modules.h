// SPDX-License-Identifier: MIT
//
// The text of mt modules.
#ifndef MEMTRACE_CORE_SHOW_TEXT_MODULES_H
#define MEMTRACE_CORE_SHOW_TEXT_MODULES_H

#include <string>

#include "report/modules.h"

namespace mt::core {

std::string text_of(const ModulesReport& report);

}  // namespace mt::core

#endif
