// SPDX-License-Identifier: MIT
//
// See leaks.h.
#include "app/graph/leaks.h"

#include <algorithm>
#include <utility>

#include "app/choice.h"
#include "app/reports/blocks.h"
#include "app/reports/frames.h"
#include "app/types.h"
#include "graph/leaks.h"
#include "graph/reach.h"

namespace mt::core {
namespace {

using graph::Held;
using graph::Number;

// What was found, before anybody asks for rows.
struct Search {
    HeapGraph heap;
    std::vector<LeakKind> kinds;  // by graph::Number
    graph::Leaks leaks;
};

bool is_wanted(const LeaksWanted& wanted, LeakKind kind) {
    return std::find(wanted.kinds.begin(), wanted.kinds.end(), kind) != wanted.kinds.end();
}

// Blocks that nothing holds, of tracebacks that a suppression names.
Result<std::vector<Number>> suppressed_of(Debuggee& debuggee, const HeapGraph& heap,
                                          const graph::Reach& reach, Suppressions suppressions) {
    std::vector<Number> found;
    const Table& table = *heap.table;
    Resolver resolver = debuggee.resolver(table, &heap.process);
    FrameWalk walk(resolver, debuggee.skip(), true);
    const TracesOfBlocks traces(table);
    std::vector<std::int8_t> verdicts(table.traces.size() + 1, -1);
    for (Number block = 0; block < heap.size(); ++block) {
        if (debuggee.wants_stop()) return interrupted_error();
        if (reach.held[block] != Held::not_at_all) continue;
        const auto trace = traces.place_of(table.blocks[heap.places[block]]);
        if (!trace) continue;
        if (verdicts[*trace] < 0) {
            const auto* frames = MT_TRY(walk.frames(traces.at(*trace), most_frames(0)));
            verdicts[*trace] = suppressions.match(debuggee.book(), *frames) ? 1 : 0;
        }
        if (verdicts[*trace] != 0) found.push_back(block);
    }
    return found;
}

Result<graph::Reach> reach_of(Debuggee& debuggee, const HeapGraph& heap,
                              const Suppressions& suppressions) {
    const auto& [edges, root_edges, coverage] = heap.scanned;
    graph::ReachOptions options;
    graph::Reach reach =
        MT_TRY(graph::reach(edges, heap.roots.roots, root_edges, options, debuggee.interrupted()));
    if (suppressions.is_empty()) return reach;
    options.suppressed = MT_TRY(suppressed_of(debuggee, heap, reach, suppressions));
    if (options.suppressed.empty()) return reach;
    return graph::reach(edges, heap.roots.roots, root_edges, options, debuggee.interrupted());
}

LeakKind kind_of(Held held) {
    switch (held) {
        case Held::not_at_all:
            break;
        case Held::by_beginnings:
        case Held::weakly:
            return LeakKind::reachable;
        case Held::by_interior:
            return LeakKind::possible;
        case Held::by_suppressed:
            return LeakKind::suppressed;
    }
    return LeakKind::indirect;
}

Result<Search> search(Debuggee& debuggee, const LeaksWanted& wanted) {
    Search found;
    found.heap = MT_TRY(heap_graph(debuggee, wanted.rules));
    const graph::Reach reach = MT_TRY(reach_of(debuggee, found.heap, wanted.suppressions));
    found.leaks = MT_TRY(graph::find_leaks(found.heap.index, found.heap.scanned.edges, reach,
                                           debuggee.interrupted()));
    found.kinds.reserve(reach.held.size());
    for (const Held held : reach.held) found.kinds.push_back(kind_of(held));
    for (const graph::Leak& leak : found.leaks.leaks) found.kinds[leak.head] = LeakKind::definite;
    return found;
}

std::shared_ptr<const ChosenBlocks> chosen_of(const Search& found, const LeaksWanted& wanted) {
    auto chosen = std::make_shared<ChosenBlocks>();
    chosen->has.resize(found.heap.table->blocks.size());
    for (Number block = 0; block < found.kinds.size(); ++block)
        chosen->has[found.heap.places[block]] = is_wanted(wanted, found.kinds[block]);
    // Where they have rows of their own, they are not added to others'.
    if (is_wanted(wanted, LeakKind::indirect)) return chosen;
    for (const graph::Leak& leak : found.leaks.leaks) {
        if (leak.blocks < 2) continue;
        const std::uint64_t own = found.heap.index.blocks()[leak.head].size;
        chosen->held[found.heap.places[leak.head]] = {leak.bytes - own, leak.blocks - 1};
    }
    return chosen;
}

void add_amounts(const Search& found, LeaksReport& report) {
    for (Number block = 0; block < found.kinds.size(); ++block) {
        Amount& amount = report.amounts[static_cast<std::size_t>(found.kinds[block])];
        amount.size += static_cast<std::int64_t>(found.heap.index.blocks()[block].size);
        ++amount.count;
    }
}

}  // namespace

Result<MadeLeaks> leaks_of(Session& session, const LeaksWanted& wanted, View view) {
    const Search found = MT_TRY(search(session.debuggee(), wanted));
    if (view.needs_types())
        MT_TRY(find_types(session.debuggee(), found.heap.process, *found.heap.table));
    MT_TRY(choose_blocks(session, *found.heap.table, "the process", view));
    view.grouping.blocks.chosen = chosen_of(found, wanted);
    view.remarks.insert(view.remarks.end(), found.heap.remarks.begin(), found.heap.remarks.end());
    MadeLeaks leaks;
    leaks.made = MT_TRY(
        make_report(session, "leaks", found.heap.table, &found.heap.process, std::move(view)));
    LeaksReport& report = leaks.report;
    report.rows = leaks.made.report;
    report.kinds = wanted.kinds;
    report.searched = found.heap.scanned.coverage.bytes_read;
    report.threads = found.heap.threads;
    add_amounts(found, report);
    return leaks;
}

Result<BlocksReport> leaked_blocks(Session& session, const LeaksWanted& wanted, View view) {
    Search found = MT_TRY(search(session.debuggee(), wanted));
    if (view.needs_types())
        MT_TRY(find_types(session.debuggee(), found.heap.process, *found.heap.table));
    view.grouping.blocks.chosen = chosen_of(found, wanted);
    view.remarks = std::move(found.heap.remarks);
    return blocks_of(session, found.heap.table, std::move(found.heap.process), std::move(view));
}

}  // namespace mt::core
