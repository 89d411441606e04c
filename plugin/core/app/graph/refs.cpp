// SPDX-License-Identifier: MIT
//
// See refs.h.
#include "app/graph/refs.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "app/addresses.h"
#include "app/graph/heap_graph.h"
#include "app/graph/naming.h"
#include "graph/dominators.h"
#include "graph/reach.h"
#include "graph/slots.h"
#include "model/text.h"

namespace mt::core {
namespace {

using graph::Number;

constexpr std::size_t kLongest = 10'000;  // steps of a chain that are counted

class Refs {
  public:
    Refs(Debuggee& debuggee, const HeapGraph& heap, const RefsWanted& wanted, Number block)
        : debuggee_(debuggee),
          heap_(heap),
          wanted_(wanted),
          block_(block),
          naming_(debuggee, heap) {}

    Result<void> to(RefsReport& report);
    Result<void> from(PointsToReport& report);

  private:
    // A way to the block: a pointer from a root, or another block's.
    struct Way {
        std::uint32_t root_edge = graph::kNone;
        Number holder = graph::kNone;
        std::size_t length = 0;  // blocks before ours
        bool is_lost = false;    // the holder is
    };
    Result<std::vector<Way>> ways(RefsReport& report);
    bool leads_through_us(Way& way) const;
    Result<Chain> chain(const Way& way);
    Result<ChainStep> first_step(std::uint32_t root_edge, Number to);
    Result<ChainStep> step(Number from, Number to);
    std::size_t shown(std::size_t all) const {
        return wanted_.rows == 0 ? all : std::min(wanted_.rows, all);
    }

    Debuggee& debuggee_;
    const HeapGraph& heap_;
    const RefsWanted& wanted_;
    const Number block_;
    Naming naming_;
    graph::Reach reach_;
};

// Then the holder is held by the block that it points to. Finds the way's length besides.
bool Refs::leads_through_us(Way& way) const {
    std::uint32_t at = way.holder;
    for (way.length = 0; way.length < kLongest; ++way.length) {
        if (at == block_) return true;
        if (at == graph::kNone || graph::is_interior(at)) break;
        at = reach_.parents[at];
    }
    way.is_lost = reach_.held[way.holder] == graph::Held::not_at_all;
    return false;
}

Result<std::vector<Refs::Way>> Refs::ways(RefsReport& report) {
    const auto interrupted = debuggee_.interrupted();
    const auto& [edges, root_edges, coverage] = heap_.scanned;
    reach_ = MT_TRY(graph::reach(edges, heap_.roots.roots, root_edges, {}, interrupted));
    std::vector<Way> ways;
    for (std::uint32_t i = 0; i < root_edges.size(); ++i)
        if (graph::block_of(root_edges[i].target) == block_) ways.push_back({i});
    std::vector<Number> holders = MT_TRY(graph::holders_of(edges, block_, interrupted));
    for (const Number holder : holders) {
        if (debuggee_.wants_stop()) return interrupted_error();
        Way way;
        way.holder = holder;
        if (leads_through_us(way))
            ++report.backwards;
        else
            ways.push_back(way);
    }
    std::stable_sort(ways.begin(), ways.end(), [](const Way& a, const Way& b) {
        return std::pair(a.is_lost, a.length) < std::pair(b.is_lost, b.length);
    });
    return ways;
}

// From a root, or to a block that is lost.
Result<ChainStep> Refs::first_step(std::uint32_t root_edge, Number to) {
    ChainStep step;
    step.to = MT_TRY(naming_.block(to));
    if (root_edge == graph::kNone) return step;
    const graph::RootEdge& edge = heap_.scanned.root_edges[root_edge];
    std::uint64_t word = heap_.roots.roots[edge.root].word;
    if (edge.slot != 0) MT_TRY(heap_.process.memory->read(edge.slot, &word, sizeof word));
    std::vector<graph::Pointer> pointers;
    graph::PointerFinder(heap_.index, heap_.rules).find({&word, 1}, pointers);
    const bool is_there = !pointers.empty() && graph::block_of(pointers.front().target) == to;
    if (is_there) step.offset = pointers.front().offset;
    return step;
}

// The first of the pointers; the program may have run on since it was found.
Result<ChainStep> Refs::step(Number from, Number to) {
    ChainStep step;
    step.to = MT_TRY(naming_.block(to));
    Memory& memory = *heap_.process.memory;
    const graph::Read read = [&memory](std::uint64_t address, void* out, std::size_t size) {
        return memory.read(address, out, size);
    };
    const graph::Slots slots =
        MT_TRY(graph::slots_of(heap_.index, from, to, read, heap_.rules, debuggee_.interrupted()));
    if (slots.slots.empty()) return step;
    step.from = slots.slots.front().offset;
    step.offset = slots.slots.front().target_offset;
    return step;
}

Result<Chain> Refs::chain(const Way& way) {
    Chain chain;
    std::vector<Number> blocks;
    std::uint32_t root_edge = way.root_edge;
    if (way.holder != graph::kNone) {
        graph::Chain found = graph::chain_to(reach_, way.holder);
        blocks.assign(found.blocks.rbegin(), found.blocks.rend());
        root_edge = found.root_edge;
    }
    blocks.push_back(block_);
    if (wanted_.depth != 0 && blocks.size() > wanted_.depth)
        chain.left_out = blocks.size() - wanted_.depth;
    if (root_edge != graph::kNone)
        chain.root = MT_TRY(naming_.root(heap_.scanned.root_edges[root_edge]));
    for (std::size_t i = chain.left_out; i < blocks.size(); ++i) {
        if (debuggee_.wants_stop()) return interrupted_error();
        ChainStep next =
            MT_TRY(i == 0 ? first_step(root_edge, blocks[0]) : step(blocks[i - 1], blocks[i]));
        chain.steps.push_back(next);
    }
    return chain;
}

Result<void> Refs::to(RefsReport& report) {
    report.block = MT_TRY(naming_.block(block_));
    const std::vector<Way> all = MT_TRY(ways(report));
    const std::size_t count = shown(all.size());
    for (std::size_t i = 0; i < count; ++i) {
        Chain one = MT_TRY(chain(all[i]));
        report.chains.push_back(std::move(one));
    }
    report.others = all.size() - count;
    return {};
}

Result<void> Refs::from(PointsToReport& report) {
    report.block = MT_TRY(naming_.block(block_));
    Memory& memory = *heap_.process.memory;
    const graph::Read read = [&memory](std::uint64_t address, void* out, std::size_t size) {
        return memory.read(address, out, size);
    };
    const graph::Slots slots = MT_TRY(graph::slots_of(heap_.index, block_, graph::kNone, read,
                                                      heap_.rules, debuggee_.interrupted()));
    const std::size_t count = shown(slots.slots.size());
    for (std::size_t i = 0; i < count; ++i) {
        if (debuggee_.wants_stop()) return interrupted_error();
        const graph::Slot& slot = slots.slots[i];
        ChainStep step;
        step.from = slot.offset;
        step.offset = slot.target_offset;
        step.to = MT_TRY(naming_.block(graph::block_of(slot.target)));
        report.steps.push_back(step);
    }
    report.others = slots.slots.size() - count;
    return {};
}

// Before an expression is looked at: what stands against all of the command is said first.
Result<void> check_process(Debuggee& debuggee) {
    const auto process = debuggee.process();
    if (process) return needs_tracing(*process, "no block is known");
    // Then its heap is walked, once.
    if (process.error().code == Code::no_runtime) return {};
    return fail(process.error());
}

Result<Number> block_at(const HeapGraph& heap, std::uint64_t address) {
    const Number block = heap.index.find(address).block;
    if (block != graph::kNone) return block;
    // It may be one that is not in what is left of the table.
    for (const Remark& remark : heap.table->remarks)
        if (remark.code == "damaged" || remark.code == "incomplete")
            return fail(Code::refused, fmt::format("{:#x} is in no live block that is known: {}",
                                                   address, remark.text));
    return fail(Code::usage,
                fmt::format("{:#x} is in no live block; mt block says what is there", address));
}

template <typename Report>
Result<Report> refs(Debuggee& debuggee, const RefsWanted& wanted,
                    Result<void> (Refs::*find)(Report&)) {
    MT_TRY(check_process(debuggee));
    Report report;
    report.address = MT_TRY(address_of(debuggee, wanted.expression));
    const HeapGraph heap = MT_TRY(heap_graph(debuggee, wanted.rules));
    const Number block = MT_TRY(block_at(heap, report.address));
    Refs refs(debuggee, heap, wanted, block);
    MT_TRY((refs.*find)(report));
    report.book = &debuggee.book();
    report.remarks = heap.table->remarks;
    report.remarks.insert(report.remarks.end(), heap.remarks.begin(), heap.remarks.end());
    return report;
}

// What the blocks right below one retain, or below the roots and the heads of what is lost.
class Retention {
  public:
    Retention(Debuggee& debuggee, const HeapGraph& heap) : debuggee_(debuggee), heap_(heap) {}

    Result<void> find() {
        const auto interrupted = debuggee_.interrupted();
        const auto& [edges, root_edges, coverage] = heap_.scanned;
        const graph::Reach reach =
            MT_TRY(graph::reach(edges, heap_.roots.roots, root_edges, {}, interrupted));
        const graph::Leaks leaks =
            MT_TRY(graph::find_leaks(heap_.index, edges, reach, interrupted));
        const std::vector<Number> held = graph::outermost(root_edges, reach);
        dominators_ = MT_TRY(graph::dominators(heap_.index, edges, held, leaks, interrupted));
        lost_.resize(heap_.size());
        for (Number block = 0; block < heap_.size(); ++block)
            lost_[block] = reach.held[block] == graph::Held::not_at_all;
        return {};
    }

    // kNone: below no block. Most first.
    Result<std::vector<Number>> below(Number above) {
        std::vector<Number> found;
        for (Number block = 0; block < heap_.size(); ++block) {
            if (debuggee_.wants_stop()) return interrupted_error();
            const Number by = dominators_.immediate[block];
            const bool is_outermost = by == graph::kByRoots || by == graph::kByHeads;
            if (above == graph::kNone ? is_outermost : by == above) found.push_back(block);
        }
        const auto more = [this](Number a, Number b) {
            const auto& bytes = dominators_.bytes;
            return bytes[a] != bytes[b] ? bytes[a] > bytes[b] : a < b;
        };
        MT_TRY(sort_unless_stopped(found.begin(), found.end(), more, debuggee_.interrupted()));
        return found;
    }

    Amount amount(Number block) const {
        return {static_cast<std::int64_t>(dominators_.bytes[block]),
                static_cast<std::int64_t>(dominators_.retained[block])};
    }
    Result<Retained> shown(Naming& naming, Number block) const {
        Retained retained;
        retained.block = MT_TRY(naming.block(block));
        retained.amount = amount(block);
        retained.is_lost = lost_[block];
        return retained;
    }

  private:
    Debuggee& debuggee_;
    const HeapGraph& heap_;
    graph::Dominators dominators_;
    std::vector<bool> lost_;
};

void add(Amount& sum, const Amount& amount) {
    sum.size += amount.size;
    sum.count += amount.count;
}

}  // namespace

Result<RefsReport> refs_to(Debuggee& debuggee, const RefsWanted& wanted) {
    return refs<RefsReport>(debuggee, wanted, &Refs::to);
}

Result<PointsToReport> refs_from(Debuggee& debuggee, const RefsWanted& wanted) {
    return refs<PointsToReport>(debuggee, wanted, &Refs::from);
}

Result<RetainedReport> retained_by(Debuggee& debuggee, const RefsWanted& wanted) {
    MT_TRY(check_process(debuggee));
    RetainedReport report;
    if (!wanted.expression.empty())
        report.address = MT_TRY(address_of(debuggee, wanted.expression));
    const HeapGraph heap = MT_TRY(heap_graph(debuggee, wanted.rules));
    Number above = graph::kNone;
    if (report.address) above = MT_TRY(block_at(heap, *report.address));
    Retention retention(debuggee, heap);
    MT_TRY(retention.find());
    Naming naming(debuggee, heap);
    if (report.address) report.block = MT_TRY(retention.shown(naming, above));
    const std::vector<Number> rows = MT_TRY(retention.below(above));
    const std::size_t count = wanted.rows == 0 ? rows.size() : std::min(wanted.rows, rows.size());
    report.others = rows.size() - count;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        add(report.total, retention.amount(rows[i]));
        if (i >= count) {
            add(report.other, retention.amount(rows[i]));
            continue;
        }
        Retained row = MT_TRY(retention.shown(naming, rows[i]));
        report.rows.push_back(row);
    }
    if (report.block) report.total = report.block->amount;
    report.book = &debuggee.book();
    report.remarks = heap.table->remarks;
    report.remarks.insert(report.remarks.end(), heap.remarks.begin(), heap.remarks.end());
    return report;
}

}  // namespace mt::core
