// SPDX-License-Identifier: MIT
//
// See leaks.h.
#include "graph/leaks.h"

namespace mt::core::graph {
namespace {

class LeakSearch {
  public:
    LeakSearch(const BlockIndex& index, const Edges& edges, const Components& components,
               const Interrupted& interrupted)
        : index_(index),
          edges_(edges),
          components_(components),
          stop_(interrupted),
          is_pointed_to_(components.count) {
        leaks_.leak_of.resize(edges.blocks(), kNone);
    }

    Result<Leaks> run() {
        MT_TRY(mark_pointed_to());
        for (Number block = 0; block < edges_.blocks(); ++block) {
            if (stop_()) return interrupted_error();
            const std::uint32_t component = components_.of[block];
            if (component == kNone || is_pointed_to_[component]) continue;
            if (leaks_.leak_of[block] == kNone) MT_TRY(add_leak(block));
        }
        return std::move(leaks_);
    }

  private:
    Result<void> mark_pointed_to() {
        for (Number block = 0; block < edges_.blocks(); ++block) {
            if (stop_()) return interrupted_error();
            const std::uint32_t component = components_.of[block];
            if (component == kNone) continue;
            for (const Target target : edges_.of(block)) {
                const std::uint32_t other = components_.of[block_of(target)];
                if (other != kNone && other != component) is_pointed_to_[other] = true;
            }
        }
        return {};
    }
    Result<void> add_leak(Number head) {
        leaks_.leaks.push_back({head, 0, 0, 0});
        take(head);
        while (!waiting_.empty()) {
            if (stop_()) return interrupted_error();
            const Number block = waiting_.back();
            waiting_.pop_back();
            for (const Target target : edges_.of(block)) take(block_of(target));
        }
        return {};
    }
    void take(Number block) {
        if (components_.of[block] == kNone || leaks_.leak_of[block] != kNone) return;
        leaks_.leak_of[block] = static_cast<std::uint32_t>(leaks_.leaks.size() - 1);
        Leak& leak = leaks_.leaks.back();
        if (components_.of[block] == components_.of[leak.head]) ++leak.members;
        ++leak.blocks;
        leak.bytes += index_.blocks()[block].size;
        waiting_.push_back(block);
    }

    const BlockIndex& index_;
    const Edges& edges_;
    const Components& components_;
    Stride stop_;
    std::vector<bool> is_pointed_to_;  // by component
    std::vector<Number> waiting_;
    Leaks leaks_;
};

}  // namespace

Result<Leaks> find_leaks(const BlockIndex& index, const Edges& edges, const Reach& reach,
                         const Interrupted& interrupted) {
    const Components components = MT_TRY(components_of_unheld(edges, reach.held, interrupted));
    return LeakSearch(index, edges, components, interrupted).run();
}

}  // namespace mt::core::graph
