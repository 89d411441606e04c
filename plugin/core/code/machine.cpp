// SPDX-License-Identifier: MIT
//
// See machine.h.
#include "code/machine.h"

#include <algorithm>

namespace mt::core::code {
namespace {

constexpr std::size_t kMostSlots = 64;
constexpr auto kWordBytes = static_cast<std::int64_t>(kWord);

// Null: nothing is known of it.
const Slot* slot_at(const State& state, Register reg, std::int64_t offset) {
    const auto found = std::find_if(state.slots.begin(), state.slots.end(), [&](const Slot& slot) {
        return slot.reg == reg && slot.offset == offset;
    });
    return found == state.slots.end() ? nullptr : &*found;
}

// Two registers that may address one frame.
bool is_frame_pair(Register a, Register b) {
    return (a == kRbp && b == kRsp) || (a == kRsp && b == kRbp);
}

}  // namespace

std::uint32_t Machine::add(const Value& value) {
    values_.push_back(value);
    return static_cast<std::uint32_t>(values_.size() - 1);
}

std::uint32_t Machine::constant(std::int64_t number) {
    Value made;
    made.kind = Value::Kind::constant;
    made.offset = number;
    return add(made);
}

// --- memory

Machine::Address Machine::address_of(const State& state, const MemoryPlace& place) const {
    Address made;
    if (place.is_elsewhere) return made;
    made.is_indexed = place.is_indexed;
    made.displacement = place.displacement;
    made.is_constant = place.base == kNoRegister;
    if (!made.is_constant) made.base = state.registers[place.base];
    return made;
}

bool Machine::is_stack(const Address& at) const {
    return !at.is_constant && value(at.base).kind == Value::Kind::before;
}

std::int64_t Machine::offset_of(const Address& at) const {
    return sum(value(at.base).offset, at.displacement);
}

void Machine::forget(State& state, const MemoryPlace& place, std::uint32_t bytes) {
    const Address at = address_of(state, place);
    if (!is_stack(at)) return;
    if (at.is_indexed || bytes == 0) return state.slots.clear();
    const std::int64_t from = offset_of(at);
    const Register reg = value(at.base).reg;
    std::erase_if(state.slots, [&](const Slot& slot) {
        if (slot.reg != reg) return is_frame_pair(slot.reg, reg);
        return slot.offset < sum(from, bytes) && from < sum(slot.offset, kWordBytes);
    });
}

std::uint32_t Machine::load(State& state, const MemoryPlace& place, std::uint64_t at) {
    const Address from = address_of(state, place);
    if (is_stack(from) && !from.is_indexed)
        if (const Slot* slot = slot_at(state, value(from.base).reg, offset_of(from))) {
            if (!is_result(slot->value) || !slot->was_kept) return slot->value;
            Value spilled = value(slot->value);
            spilled.was_spilled = true;
            spilled.reg = slot->reg;
            spilled.displacement = slot->offset;
            return add(spilled);
        }
    const bool is_known = from.is_constant || value(from.base).kind != Value::Kind::unknown;
    if (!is_known || place.is_elsewhere) return kUnknown;
    Value made;
    made.kind = Value::Kind::loaded;
    made.is_indexed = from.is_indexed;
    made.base = from.is_constant ? constant(0) : from.base;
    made.displacement = from.displacement;
    made.at = at;
    return add(made);
}

void Machine::store(State& state, const MemoryPlace& place, std::uint32_t what,
                    const Instruction& by) {
    Address to = address_of(state, place);
    forget(state, place, static_cast<std::uint32_t>(kWord));
    if (is_result(what) && !place.is_elsewhere && stored_) {
        if (to.is_constant) to.base = constant(0);
        stored_(state, to, what, by);
    }
    if (is_stack(to) && !to.is_indexed && state.slots.size() < kMostSlots)
        state.slots.push_back({value(to.base).reg, offset_of(to), what, false});
}

// --- instructions

std::uint32_t Machine::value_of(State& state, const Operand& operand, const Instruction& by) {
    if (operand.kind == Operand::Kind::reg) return state.registers[operand.reg];
    if (operand.kind == Operand::Kind::memory) return load(state, operand.memory, by.address);
    return kUnknown;
}

std::uint32_t Machine::moved(std::uint32_t from, std::int64_t by) {
    Value made = value(from);
    if (made.kind == Value::Kind::unknown) return kUnknown;
    made.offset = sum(made.offset, by);
    return add(made);
}

void Machine::copy(State& state, const Instruction& at) {
    const std::uint32_t from = value_of(state, at.from, at);
    if (at.to.kind == Operand::Kind::reg) state.registers[at.to.reg] = from;
    if (at.to.kind == Operand::Kind::memory) store(state, at.to.memory, from, at);
}

void Machine::take_address(State& state, const Instruction& at) {
    const MemoryPlace& place = at.from.memory;
    std::uint32_t made = kUnknown;
    // lea reads no segment, so a place elsewhere is one of half a register.
    if (!place.is_indexed && !place.is_elsewhere)
        made = place.base == kNoRegister ? constant(place.displacement)
                                         : moved(state.registers[place.base], place.displacement);
    state.registers[at.to.reg] = made;
}

void Machine::push(State& state, const Instruction& at) {
    const std::uint32_t what = value_of(state, at.to, at);
    state.registers[kRsp] = moved(state.registers[kRsp], -kWordBytes);
    MemoryPlace top;
    top.base = kRsp;
    forget(state, top, static_cast<std::uint32_t>(kWord));
    if (is_stack(address_of(state, top)) && state.slots.size() < kMostSlots)
        state.slots.push_back({kRsp, value(state.registers[kRsp]).offset, what, false});
}

void Machine::pop(State& state, Register to, std::uint64_t at) {
    MemoryPlace top;
    top.base = kRsp;
    const std::uint32_t what = load(state, top, at);
    state.registers[kRsp] = moved(state.registers[kRsp], kWordBytes);
    if (to != kNoRegister) state.registers[to] = what;
}

void Machine::change(State& state, const Instruction& at) {
    if (at.action == Action::copy) return copy(state, at);
    if (at.action == Action::address && at.to.kind == Operand::Kind::reg)
        return take_address(state, at);
    if (at.action == Action::add) {
        state.registers[at.to.reg] = moved(state.registers[at.to.reg], at.from.constant);
        return;
    }
    if (at.action == Action::push) return push(state, at);
    if (at.action == Action::pop && at.to.kind != Operand::Kind::memory)
        return pop(state, at.to.reg, at.address);
    if (at.action == Action::leave) {
        state.registers[kRsp] = state.registers[kRbp];
        return pop(state, kRbp, at.address);
    }
    if (at.stored) forget(state, *at.stored, at.stored_bytes);
    for (Register reg = 0; reg < kRegisters; ++reg)
        if ((at.written >> reg & 1u) != 0) state.registers[reg] = kUnknown;
}

void Machine::apply(State& state, const Instruction& at) {
    if (at.writes_flags) state.is_not_zero = false;
    if (at.action == Action::compare) state.is_not_zero = is_result(value_of(state, at.to, at));
    change(state, at);
}

}  // namespace mt::core::code
