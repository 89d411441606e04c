// SPDX-License-Identifier: MIT
//
// See reach.h. The queue holds each block once, in the order in which they were come to.
#include "graph/reach.h"

#include <algorithm>
#include <utility>

namespace mt::core::graph {
namespace {

class Search {
  public:
    Search(const Edges& edges, const std::vector<Root>& roots, std::span<const RootEdge> root_edges,
           const Interrupted& interrupted)
        : edges_(edges), roots_(roots), root_edges_(root_edges), stop_(interrupted) {
        result_.held.resize(edges.blocks());
        result_.parents.resize(edges.blocks(), kNone);
        queue_.reserve(edges.blocks());
    }

    Result<Reach> run(const ReachOptions& options) {
        add_roots(~options.weak, Held::by_interior);
        MT_TRY(spread(Held::by_interior));
        MT_TRY(mark_beginnings(~options.weak));
        queue_.clear();
        add_roots(options.weak, Held::weakly);
        MT_TRY(spread(Held::weakly));
        queue_.clear();
        for (const Number block : options.suppressed) add(block, kNone, Held::by_suppressed);
        MT_TRY(spread(Held::by_suppressed));
        return std::move(result_);
    }

  private:
    bool is_of(const RootEdge& edge, RootClasses classes) const {
        return (bit_of(roots_[edge.root].root_class) & classes) != 0;
    }
    void add(Number block, std::uint32_t parent, Held held) {
        if (result_.held[block] != Held::not_at_all) return;
        result_.held[block] = held;
        result_.parents[block] = parent;
        queue_.push_back(block);
    }
    void add_roots(RootClasses classes, Held held) {
        for (std::uint32_t i = 0; i < root_edges_.size(); ++i)
            if (is_of(root_edges_[i], classes))
                add(block_of(root_edges_[i].target), i | kInterior, held);
    }
    Result<void> spread(Held held) {
        for (std::size_t i = 0; i < queue_.size(); ++i) {
            if (stop_()) return interrupted_error();
            for (const Target target : edges_.of(queue_[i])) add(block_of(target), queue_[i], held);
        }
        return {};
    }
    // All that the roots hold is by_interior so far.
    Result<void> mark_beginnings(RootClasses classes) {
        queue_.clear();
        for (const RootEdge& edge : root_edges_)
            if (is_of(edge, classes)) mark(edge.target);
        for (std::size_t i = 0; i < queue_.size(); ++i) {
            if (stop_()) return interrupted_error();
            for (const Target target : edges_.of(queue_[i])) mark(target);
        }
        return {};
    }
    void mark(Target target) {
        if (is_interior(target) || result_.held[target] == Held::by_beginnings) return;
        result_.held[target] = Held::by_beginnings;
        queue_.push_back(target);
    }

    const Edges& edges_;
    const std::vector<Root>& roots_;
    const std::span<const RootEdge> root_edges_;
    Stride stop_;
    Reach result_;
    std::vector<Number> queue_;
};

}  // namespace

Result<Reach> reach(const Edges& edges, const std::vector<Root>& roots,
                    std::span<const RootEdge> root_edges, const ReachOptions& options,
                    const Interrupted& interrupted) {
    return Search(edges, roots, root_edges, interrupted).run(options);
}

Chain chain_to(const Reach& reach, Number block) {
    Chain chain;
    chain.blocks.push_back(block);
    std::uint32_t parent = reach.parents[block];
    for (; parent != kNone && !is_interior(parent); parent = reach.parents[parent])
        chain.blocks.push_back(parent);
    if (parent != kNone) chain.root_edge = block_of(parent);
    return chain;
}

std::vector<Number> outermost(std::span<const RootEdge> root_edges, const Reach& reach) {
    std::vector<Number> blocks;
    blocks.reserve(root_edges.size());
    for (const RootEdge& edge : root_edges) blocks.push_back(block_of(edge.target));
    for (Number block = 0; block < reach.held.size(); ++block)
        if (reach.held[block] == Held::by_suppressed && reach.parents[block] == kNone)
            blocks.push_back(block);
    std::sort(blocks.begin(), blocks.end());
    blocks.erase(std::unique(blocks.begin(), blocks.end()), blocks.end());
    return blocks;
}

}  // namespace mt::core::graph
