// SPDX-License-Identifier: MIT
//
// mt tree for people: a line for each function, indented below its caller, or with --callees below
// what it called. The numbers are those that mt tree takes.
#ifndef MEMTRACE_CORE_SHOW_TABLE_TREE_H
#define MEMTRACE_CORE_SHOW_TABLE_TREE_H

#include "model/sink.h"
#include "report/tree.h"
#include "show/renderer.h"

namespace mt::core {

Result<void> write_tree(const TreeReport& report, const TableFormat& format, const Sink& sink);

}  // namespace mt::core

#endif
