// SPDX-License-Identifier: MIT
//
// See naming.h.
#include "app/graph/naming.h"

#include "analyse/by_thread.h"
#include "app/reports/frames.h"
#include "symbols/name.h"

namespace mt::core {
namespace {

ChainRoot::Kind kind_of(graph::RootClass root_class) {
    switch (root_class) {
        case graph::RootClass::module_data:
            return ChainRoot::Kind::data;
        case graph::RootClass::thread_local_storage:
            return ChainRoot::Kind::thread_local_storage;
        case graph::RootClass::stack:
            return ChainRoot::Kind::stack;
        case graph::RootClass::registers:
            return ChainRoot::Kind::reg;
        case graph::RootClass::mapping:
            return ChainRoot::Kind::mapping;
        case graph::RootClass::other:
            break;
    }
    return ChainRoot::Kind::heap;
}

}  // namespace

Naming::Naming(Debuggee& debuggee, const HeapGraph& heap)
    : debuggee_(debuggee),
      heap_(heap),
      resolver_(debuggee.resolver(*heap.table, &heap.process)),
      walk_(resolver_, debuggee.skip(), false),
      traces_(*heap.table) {}

Result<BlockAt> Naming::block(graph::Number number) {
    BlockAt at;
    at.block = heap_.table->blocks[heap_.places[number]];
    const auto trace = traces_.place_of(at.block);
    if (!trace) return at;
    const auto rows = MT_TRY(row_frames(walk_, debuggee_.book(), traces_.at(*trace), 1, false));
    at.line = rows.front();
    return at;
}

// Data without a symbol is shown by its address alone.
Result<void> Naming::name_variable(ChainRoot& root) {
    const Sources sources = debuggee_.sources_for(*heap_.table, &heap_.process);
    if (sources.debugger == nullptr) return {};
    const auto symbol = MT_TRY(sources.debugger->symbol(root.address));
    if (!symbol || root.address < symbol->start) return {};
    const std::string name = function_from_linkage(symbol->name);
    root.symbol = name.empty() ? symbol->name : name;
    root.offset = root.address - symbol->start;
    return {};
}

Result<ChainRoot> Naming::root(const graph::RootEdge& edge) {
    const graph::Root& of = heap_.roots.roots[edge.root];
    const RootSource& source = heap_.roots.sources[of.id];
    ChainRoot root;
    root.kind = kind_of(source.root_class);
    root.address = edge.slot;
    if (source.thread != 0)
        root.thread = thread_title(*heap_.table, DebuggerThread{source.thread, source.tid});
    if (root.kind == ChainRoot::Kind::reg)
        root.symbol = source.name;
    else
        root.module = source.name;
    if (root.kind == ChainRoot::Kind::data) MT_TRY(name_variable(root));
    return root;
}

}  // namespace mt::core
