// SPDX-License-Identifier: MIT
//
// See flow.h.
#include "code/flow.h"

#include <algorithm>
#include <set>
#include <utility>

#include "code/machine.h"
#include "code/prelude.h"
#include "code/stub.h"

namespace mt::core::code {
namespace {

// rax, rcx, rdx, rsi, rdi, r8 to r11: what a called function need not keep.
constexpr std::uint16_t kClobbered = 1u << kRax | 1u << kRcx | 1u << kRdx | 1u << kRsi |
                                     1u << kRdi | 1u << 8 | 1u << 9 | 1u << 10 | 1u << 11;
bool is_clobbered(Register reg) { return (kClobbered >> reg & 1u) != 0; }

class Walk {
  public:
    explicit Walk(const Following& what)
        : what_(what),
          machine_(trail_.values,
                   [this](const State& state, const Machine::Address& to, std::uint32_t stored,
                          const Instruction& by) { note_store(state, to, stored, by); }) {
        trail_.values.emplace_back();
        State state;
        state.at = what.start;
        state.registers = registers_before(what.code, what.start, machine_);
        for (Register reg = 0; reg < kRegisters; ++reg)
            if (is_clobbered(reg)) state.registers[reg] = kUnknown;
        Value result;
        result.kind = Value::Kind::result;
        state.registers[kRax] = machine_.add(result);
        ways_.push_back(std::move(state));
    }

    Trail run() {
        for (std::size_t way = 0; way < ways_.size(); ++way) {
            State state = std::move(ways_[way]);
            while (step(state)) {
            }
        }
        return std::move(trail_);
    }

  private:
    bool end(bool is_known) {
        trail_.is_complete = trail_.is_complete && is_known;
        return false;
    }

    Use use_at(const State& state, const Instruction& by, Use::Kind kind) const {
        Use use;
        use.kind = kind;
        use.at = by.address;
        use.next = by.next;
        use.is_certain = state.is_certain;
        for (Register reg = 0; reg < kRegisters; ++reg) {
            const Value& held = machine_.value(state.registers[reg]);
            if (held.kind != Value::Kind::result) continue;
            const auto bit = static_cast<std::uint16_t>(1u << reg);
            if (held.was_spilled && held.offset == 0) {
                use.spilled |= bit;
                use.value = state.registers[reg];
            } else if (held.offset == 0) {
                use.held |= bit;
            } else if (held.offset == static_cast<std::int64_t>(kWord)) {
                use.behind |= bit;
            }
        }
        return use;
    }
    void note_store(const State& state, const Machine::Address& to, std::uint32_t what,
                    const Instruction& by) {
        Use use = use_at(state, by, Use::Kind::stored);
        use.value = what;
        use.base = to.base;
        use.displacement = to.displacement;
        use.is_indexed = to.is_indexed;
        trail_.uses.push_back(use);
    }
    void note_passing(const State& state, const Instruction& call, bool is_tail) {
        Use use = use_at(state, call, Use::Kind::passed);
        use.target = call.target;
        use.word = word_of(call);
        use.is_tail = is_tail;
        trail_.uses.push_back(use);
    }
    bool holds_it(const State& state) const {
        const auto is = [this](std::uint32_t which) { return machine_.is_result(which); };
        return std::any_of(state.registers.begin(), state.registers.end(), is) ||
               std::any_of(state.slots.begin(), state.slots.end(),
                           [&](const Slot& slot) { return is(slot.value); });
    }

    bool call(State& state, const Instruction& at) {
        note_passing(state, at, false);
        const Returns does =
            what_.returns ? what_.returns(at.target, word_of(at)) : Returns::unknown;
        if (does == Returns::never) return end(true);
        // Behind a function that does not return stands code of another way.
        if (does == Returns::unknown && !state.is_certain) return end(false);
        for (Register reg = 0; reg < kRegisters; ++reg)
            if (is_clobbered(reg)) state.registers[reg] = kUnknown;
        for (Slot& slot : state.slots) slot.was_kept = true;
        state.is_not_zero = false;
        state.at = at.next;
        return true;
    }
    bool jump(State& state, const Instruction& at) {
        if (at.target != 0 && what_.code.holds(at.target)) {
            state.at = at.target;
            return true;
        }
        // To another function, which returns for this one. Through a table: to anywhere.
        const bool is_tail = at.target != 0;
        if (is_tail) note_passing(state, at, true);
        return end(is_tail);
    }
    bool branch(State& state, const Instruction& at) {
        const bool is_told = state.is_not_zero && at.condition != Condition::other;
        if (is_told && at.condition == Condition::not_zero) return jump(state, at);
        if (!is_told) {
            state.is_certain = false;
            State other = state;
            other.at = at.target;
            if (ways_.size() >= what_.most_ways || !what_.code.holds(at.target))
                trail_.is_complete = false;
            else
                ways_.push_back(std::move(other));
        }
        state.at = at.next;
        return true;
    }
    bool ret(const State& state, const Instruction& at) {
        const std::uint32_t what = state.registers[kRax];
        if (machine_.is_result(what)) {
            Use use = use_at(state, at, Use::Kind::returned);
            use.value = what;
            trail_.uses.push_back(use);
        }
        return end(true);
    }

    // False: the way ends.
    bool step(State& state) {
        if (!holds_it(state)) return end(true);
        // What follows was seen already, or is the next function's.
        if (!what_.code.holds(state.at) || !seen_.insert(state.at).second) return end(true);
        if (steps_++ >= what_.most_steps) return end(false);
        const auto at = decode(what_.code, state.at);
        if (!at) return end(false);
        if (const Use use = use_at(state, *at, Use::Kind::held); (use.held | use.behind) != 0)
            trail_.uses.push_back(use);
        if (at->action == Action::stop) return end(true);
        if (at->action == Action::call) return call(state, *at);
        if (at->action == Action::jump) return jump(state, *at);
        if (at->action == Action::branch) return branch(state, *at);
        if (at->action == Action::ret) return ret(state, *at);
        machine_.apply(state, *at);
        state.at = at->next;
        return true;
    }

    const Following& what_;
    Trail trail_;
    Machine machine_;
    std::vector<State> ways_;
    std::set<std::uint64_t> seen_;
    std::size_t steps_ = 0;
};

}  // namespace

Trail follow(const Following& what) { return Walk(what).run(); }

}  // namespace mt::core::code
