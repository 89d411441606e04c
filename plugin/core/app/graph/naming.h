// SPDX-License-Identifier: MIT
//
// What blocks and roots of a graph are called: the line that allocated, the variable, thread or
// register that a pointer was found in. Searches nothing.
#ifndef MEMTRACE_CORE_APP_GRAPH_NAMING_H
#define MEMTRACE_CORE_APP_GRAPH_NAMING_H

#include <cstdint>

#include "app/graph/heap_graph.h"
#include "report/refs.h"
#include "target/debuggee.h"

namespace mt::core {

class Naming {
  public:
    // Of blocks and roots of `heap`, which must outlive this.
    Naming(Debuggee& debuggee, const HeapGraph& heap);

    // Errors of both: interrupted only.
    Result<BlockAt> block(graph::Number number);
    Result<ChainRoot> root(const graph::RootEdge& edge);

  private:
    Result<void> name_variable(ChainRoot& root);

    Debuggee& debuggee_;
    const HeapGraph& heap_;
    Resolver resolver_;
    FrameWalk walk_;
    const TracesOfBlocks traces_;
};

}  // namespace mt::core

#endif
