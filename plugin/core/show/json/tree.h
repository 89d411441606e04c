// SPDX-License-Identifier: MIT
//
// The JSON of mt tree: the nodes that the text shows.
#ifndef MEMTRACE_CORE_SHOW_JSON_TREE_H
#define MEMTRACE_CORE_SHOW_JSON_TREE_H

#include "report/tree.h"
#include "show/json/document.h"

namespace mt::core {

Json json_of(const TreeReport& report);

}  // namespace mt::core

#endif
