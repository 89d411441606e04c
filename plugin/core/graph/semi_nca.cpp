// SPDX-License-Identifier: MIT
//
// See semi_nca.h. Blocks go by their place in the search's order here. No stack: the search goes
// back by the parents, and a compressed path turns its own links around on the way up.
#include "graph/semi_nca.h"

#include <algorithm>
#include <utility>

namespace mt::core::graph {
namespace {

using Place = std::uint32_t;

class SemiNca {
  public:
    SemiNca(const Edges& edges, const Interrupted& interrupted)
        : edges_(edges), interrupted_(interrupted), stop_(interrupted) {}

    Result<DominatorTree> run(std::span<const Number> held, std::span<const Number> heads) {
        MT_TRY(reserve());
        MT_TRY(search(held));
        tree_.second_root = static_cast<Place>(tree_.blocks.size());
        MT_TRY(search(heads));
        semi_.assign(tree_.blocks.size(), kNone);
        mark_below(held, 0);
        mark_below(heads, tree_.second_root);
        MT_TRY(find_semidominators());
        MT_TRY(find_dominators());
        return std::move(tree_);
    }

  private:
    // A cursor among a block's edges has 32 bits, and each of two roots a place.
    Result<void> reserve() {
        const std::size_t blocks = edges_.blocks();
        for (Number block = 0; block < blocks; ++block)
            if (edges_.of(block).size() >= kNone)
                return fail(Code::refused, "a block has more than 4 Gi pointers in it");
        places_.resize(blocks, kNone);
        for (auto* list : {&tree_.blocks, &tree_.immediate, &ancestor_, &best_, &semi_})
            list->reserve(blocks + 2);
        return {};
    }

    Place add(Number block, Place parent) {
        const auto place = static_cast<Place>(tree_.blocks.size());
        if (block != kNone) places_[block] = place;
        tree_.blocks.push_back(block);
        tree_.immediate.push_back(parent);
        ancestor_.push_back(parent);
        best_.push_back(place);
        semi_.push_back(0);  // until descend() is done: the next edge to look at
        return place;
    }

    // In depth from a new root, over what no search has come to.
    Result<void> search(std::span<const Number> first) {
        const auto root = static_cast<Place>(tree_.blocks.size());
        add(kNone, root);
        for (const Number block : first)
            if (places_[block] == kNone) MT_TRY(descend(add(block, root), root));
        return {};
    }
    Result<void> descend(Place from, Place root) {
        for (Place at = from; at != root;) {
            if (stop_()) return interrupted_error();
            const auto targets = edges_.of(tree_.blocks[at]);
            Place& next = semi_[at];
            while (next < targets.size() && places_[block_of(targets[next])] != kNone) ++next;
            at = next < targets.size() ? add(block_of(targets[next]), at) : ancestor_[at];
        }
        return {};
    }
    void mark_below(std::span<const Number> blocks, Place root) {
        for (const Number block : blocks) {
            const Place place = places_[block];
            if (is_first(place) == is_first(root)) semi_[place] = root;
        }
    }
    bool is_first(Place place) const { return place < tree_.second_root; }

    Result<void> find_semidominators() {
        const Edges back = MT_TRY(reversed(edges_, interrupted_));
        for (auto place = static_cast<Place>(tree_.blocks.size()); place-- > 1;) {
            if (stop_()) return interrupted_error();
            if (place == tree_.second_root) continue;
            Place semi = std::min(semi_[place], tree_.immediate[place]);
            for (const Target source : back.of(tree_.blocks[place])) {
                const Place from = places_[block_of(source)];
                if (from == kNone || is_first(from) != is_first(place)) continue;
                semi = std::min(semi, best_above(from, place));
            }
            semi_[place] = semi;
            best_[place] = semi;
        }
        return {};
    }

    // The lowest semidominator on the way from `from` up to the last place behind `limit`; a
    // place before it stands for itself. The way is shortened for those who come after.
    Place best_above(Place from, Place limit) {
        Place below = kNone, at = from;
        while (ancestor_[at] > limit) {
            const Place above = std::exchange(ancestor_[at], below);
            below = std::exchange(at, above);
        }
        const Place top = ancestor_[at];
        Place best = best_[at];
        while (below != kNone) {
            at = std::exchange(below, ancestor_[below]);
            best = std::min(best, best_[at]);
            best_[at] = best;
            ancestor_[at] = top;
        }
        return best;
    }

    Result<void> find_dominators() {
        for (Place place = 1; place < tree_.blocks.size(); ++place) {
            if (stop_()) return interrupted_error();
            if (place == tree_.second_root) continue;
            Place dominator = tree_.immediate[place];  // the search's parent until here
            while (dominator > semi_[place]) dominator = tree_.immediate[dominator];
            tree_.immediate[place] = dominator;
        }
        return {};
    }

    const Edges& edges_;
    const Interrupted& interrupted_;
    Stride stop_;
    DominatorTree tree_;
    std::vector<Place> places_;    // by block
    std::vector<Place> ancestor_;  // the parent, or further up where a way was shortened
    std::vector<Place> best_;      // the lowest semidominator from here to below the ancestor
    std::vector<Place> semi_;
};

}  // namespace

Result<DominatorTree> semi_nca(const Edges& edges, std::span<const Number> held,
                               std::span<const Number> heads, const Interrupted& interrupted) {
    return SemiNca(edges, interrupted).run(held, heads);
}

}  // namespace mt::core::graph
