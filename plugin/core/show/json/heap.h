// SPDX-License-Identifier: MIT
//
// mt heap as JSON: everything, also where the text leaves rows out.
#ifndef MEMTRACE_CORE_SHOW_JSON_HEAP_H
#define MEMTRACE_CORE_SHOW_JSON_HEAP_H

#include "report/heap.h"
#include "show/json/document.h"

namespace mt::core {

Json json_of(const HeapReport& report);

}  // namespace mt::core

#endif
