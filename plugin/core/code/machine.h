// SPDX-License-Identifier: MIT
//
// Carries out instructions on values that stand for where they came from. Follows no jump and
// calls no function: who does is flow.cpp.
#ifndef MEMTRACE_CORE_CODE_MACHINE_H
#define MEMTRACE_CORE_CODE_MACHINE_H

#include <array>
#include <cstdint>
#include <functional>
#include <vector>

#include "code/decoder.h"
#include "code/value.h"

namespace mt::core::code {

inline constexpr std::uint32_t kUnknown = 0;  // in the list of values

// A word of the function's stack, by what a register held when the call returned.
struct Slot {
    Register reg = kNoRegister;
    std::int64_t offset = 0;
    std::uint32_t value = kUnknown;
    bool was_kept = false;  // while another function ran
};

struct State {
    std::uint64_t at = 0;
    std::array<std::uint32_t, kRegisters> registers{};
    std::vector<Slot> slots;
    bool is_certain = true;
    bool is_not_zero = false;  // the flags tell of the result, which is no null pointer
};

class Machine {
  public:
    // A place in memory: values[base] + displacement.
    struct Address {
        std::uint32_t base = kUnknown;  // unknown: displacement is a constant, or nothing is known
        std::int64_t displacement = 0;
        bool is_constant = false, is_indexed = false;
    };
    using Stored = std::function<void(const State& state, const Address& to, std::uint32_t what,
                                      const Instruction& by)>;

    // `values` must outlive this. `stored`: told of each store of the result.
    Machine(std::vector<Value>& values, Stored stored)
        : values_(values), stored_(std::move(stored)) {}

    std::uint32_t add(const Value& value);
    const Value& value(std::uint32_t which) const { return values_[which]; }
    bool is_result(std::uint32_t which) const { return value(which).kind == Value::Kind::result; }
    std::uint32_t constant(std::int64_t number);

    // What the instruction does to registers, memory and flags; it does not jump.
    void apply(State& state, const Instruction& at);

  private:
    void change(State& state, const Instruction& at);
    Address address_of(const State& state, const MemoryPlace& place) const;
    bool is_stack(const Address& at) const;
    std::int64_t offset_of(const Address& at) const;
    void forget(State& state, const MemoryPlace& place, std::uint32_t bytes);
    std::uint32_t load(State& state, const MemoryPlace& place, std::uint64_t at);
    void store(State& state, const MemoryPlace& place, std::uint32_t what, const Instruction& by);
    std::uint32_t value_of(State& state, const Operand& operand, const Instruction& by);
    std::uint32_t moved(std::uint32_t from, std::int64_t by);
    void copy(State& state, const Instruction& at);
    void take_address(State& state, const Instruction& at);
    void push(State& state, const Instruction& at);
    void pop(State& state, Register to, std::uint64_t at);

    std::vector<Value>& values_;
    Stored stored_;
};

}  // namespace mt::core::code

#endif
