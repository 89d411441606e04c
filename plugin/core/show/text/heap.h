// SPDX-License-Identifier: MIT
//
// mt heap as text: one screen for each malloc.
#ifndef MEMTRACE_CORE_SHOW_TEXT_HEAP_H
#define MEMTRACE_CORE_SHOW_TEXT_HEAP_H

#include <string>

#include "report/heap.h"

namespace mt::core {

std::string text_of(const HeapReport& report);

}  // namespace mt::core

#endif
