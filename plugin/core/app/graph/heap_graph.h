// SPDX-License-Identifier: MIT
//
// The heap of a process as a graph: its live blocks, what points to what, and what holds them
// from outside. Made for one command; of a core, which does not change, the last one is kept.
// Knows no report.
#ifndef MEMTRACE_CORE_APP_GRAPH_HEAP_GRAPH_H
#define MEMTRACE_CORE_APP_GRAPH_HEAP_GRAPH_H

#include <cstdint>
#include <memory>
#include <vector>

#include "graph/block_index.h"
#include "graph/pointers.h"
#include "graph/scan.h"
#include "model/error.h"
#include "roots/roots.h"
#include "target/debuggee.h"

namespace mt::core {

struct HeapGraph {
    Process process;
    std::shared_ptr<Table> table;       // with blocks
    std::vector<std::uint32_t> places;  // by graph::Number: in Table::blocks
    graph::BlockIndex index;
    Roots roots;
    graph::Scanned scanned;
    graph::PointerRules rules;
    std::size_t threads = 0;      // that the debugger has
    std::vector<Remark> remarks;  // what could hide a leak, or invent one

    std::size_t size() const { return places.size(); }
};

// Of the process as it is. Takes a process's memory to read, once; what it takes to keep is
// stated where there is too little.
Result<HeapGraph> heap_graph(Debuggee& debuggee, const graph::PointerRules& rules);

}  // namespace mt::core

#endif
