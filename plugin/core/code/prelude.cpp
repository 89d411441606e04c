// SPDX-License-Identifier: MIT
//
// See prelude.h. Only code that runs from one end to the other is believed: since the last call,
// jump, or place that a jump leads to.
#include "code/prelude.h"

#include <algorithm>
#include <vector>

namespace mt::core::code {
namespace {

constexpr std::size_t kMostInstructions = 1u << 16;

// The instructions of the straight code that ends with the call; empty: there is none, or what
// leads into it is not known.
std::vector<Instruction> straight_code(const Bytes& code, std::uint64_t returns_to) {
    std::vector<Instruction> since;
    std::vector<std::uint64_t> targets;
    std::size_t count = 0;
    for (std::uint64_t at = code.address; code.holds(at); ++count) {
        const auto one = decode(code, at);
        if (!one || count >= kMostInstructions) return {};
        const bool jumps = one->action == Action::jump || one->action == Action::branch;
        // Through a table: to anywhere.
        if (jumps && one->target == 0) return {};
        if (jumps) targets.push_back(one->target);
        if (at < returns_to && one->next > returns_to) return {};
        if (one->next < returns_to) {
            since.push_back(*one);
            if (jumps || one->action == Action::call || one->action == Action::ret ||
                one->action == Action::stop)
                since.clear();
        }
        at = one->next;
    }
    std::uint64_t last = 0;
    for (const std::uint64_t target : targets)
        if (target < returns_to) last = std::max(last, target);
    std::erase_if(since, [last](const Instruction& one) { return one.address < last; });
    return since;
}

}  // namespace

std::array<std::uint32_t, kRegisters> registers_before(const Bytes& code, std::uint64_t returns_to,
                                                       Machine& machine) {
    std::array<std::uint32_t, kRegisters> before{};
    for (Register reg = 0; reg < kRegisters; ++reg) {
        Value value;
        value.kind = Value::Kind::before;
        value.reg = reg;
        before[reg] = machine.add(value);
    }
    State state;
    // Only of these is it the same before and behind the call.
    state.registers[kRbp] = before[kRbp];
    state.registers[kRsp] = before[kRsp];
    for (const Instruction& one : straight_code(code, returns_to)) machine.apply(state, one);
    if (state.registers[kRbp] != before[kRbp] || state.registers[kRsp] != before[kRsp])
        return before;
    for (Register reg = 0; reg < kRegisters; ++reg) {
        const Value& value = machine.value(state.registers[reg]);
        const bool is_told =
            value.kind == Value::Kind::constant || value.kind == Value::Kind::loaded;
        if (is_told) before[reg] = state.registers[reg];
    }
    return before;
}

}  // namespace mt::core::code
