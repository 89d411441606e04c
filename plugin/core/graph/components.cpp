// SPDX-License-Identifier: MIT
//
// See components.h.
#include "graph/components.h"

namespace mt::core::graph {
namespace {

// Numbers of blocks that are under way count up from 1, those of finished components down from
// kFirst: a block in a finished one never looks like a lower link.
class Tarjan {
  public:
    Tarjan(const Edges& edges, const std::vector<Held>& held, const Interrupted& interrupted)
        : edges_(edges), held_(held), stop_(interrupted), numbers_(edges.blocks()) {}

    Result<Components> run() {
        for (Number block = 0; block < edges_.blocks(); ++block) {
            if (stop_()) return interrupted_error();
            if (is_new(block)) MT_TRY(search(block));
        }
        for (std::uint32_t& number : numbers_) number = number == 0 ? kNone : kFirst - number;
        return Components{std::move(numbers_), kFirst - component_};
    }

  private:
    static constexpr std::uint32_t kFirst = kNone - 1;  // there are fewer blocks than half of it
    struct Step {
        std::uint64_t next = 0;  // place of the edge to look at
        Number block = 0;
        bool is_root = true;  // of its component, as far as is known
    };

    bool is_new(Number block) const {
        return numbers_[block] == 0 && held_[block] == Held::not_at_all;
    }
    void enter(Number block) {
        numbers_[block] = ++index_;
        way_.push_back({edges_.offsets[block], block, true});
    }
    Result<void> search(Number from) {
        enter(from);
        while (!way_.empty()) {
            if (stop_()) return interrupted_error();
            if (!go_on(way_.back())) leave();
        }
        return {};
    }
    // False: all edges of the last block have been looked at.
    bool go_on(Step& step) {
        if (step.next == edges_.offsets[step.block + 1]) return false;
        const Number target = block_of(edges_.targets[step.next]);
        if (is_new(target)) {
            enter(target);  // the edge is looked at again when that is done
            return true;
        }
        ++step.next;
        if (numbers_[target] != 0 && numbers_[target] < numbers_[step.block]) {
            numbers_[step.block] = numbers_[target];
            step.is_root = false;
        }
        return true;
    }
    void leave() {
        const Step step = way_.back();
        way_.pop_back();
        if (!step.is_root) {
            waiting_.push_back(step.block);
            return;
        }
        const std::uint32_t number = numbers_[step.block];
        --index_;
        for (; !waiting_.empty() && numbers_[waiting_.back()] >= number; waiting_.pop_back()) {
            numbers_[waiting_.back()] = component_;
            --index_;
        }
        numbers_[step.block] = component_--;
    }

    const Edges& edges_;
    const std::vector<Held>& held_;
    Stride stop_;
    std::vector<std::uint32_t> numbers_;
    std::vector<Step> way_;
    std::vector<Number> waiting_;  // for the root of their component
    std::uint32_t index_ = 0, component_ = kFirst;
};

}  // namespace

Result<Components> components_of_unheld(const Edges& edges, const std::vector<Held>& held,
                                        const Interrupted& interrupted) {
    return Tarjan(edges, held, interrupted).run();
}

}  // namespace mt::core::graph
