// SPDX-License-Identifier: MIT
//
// One x86-64 instruction after the other out of bytes that may be anybody's. Registers have
// DWARF's numbers (System V ABI, figure 3.36). Knows what an instruction reads and writes, not
// what that is good for.
#ifndef MEMTRACE_CORE_CODE_DECODER_H
#define MEMTRACE_CORE_CODE_DECODER_H

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace mt::core::code {

using Register = std::uint8_t;
inline constexpr Register kRax = 0, kRdx = 1, kRcx = 2, kRbx = 3, kRsi = 4, kRdi = 5, kRbp = 6,
                          kRsp = 7;
inline constexpr std::size_t kRegisters = 16;
inline constexpr Register kNoRegister = 0xff;
inline constexpr std::uint64_t kWord = 8;

// Bytes of a file, and the address that the first has there.
struct Bytes {
    std::span<const std::byte> bytes;
    std::uint64_t address = 0;

    bool holds(std::uint64_t at) const { return at >= address && at - address < bytes.size(); }
};

// base + index * n + displacement; of one relative to the code the displacement is all.
struct MemoryPlace {
    Register base = kNoRegister;
    std::int64_t displacement = 0;
    bool is_indexed = false;
    bool is_elsewhere = false;  // of another segment: thread-local
};

enum class Action : std::uint8_t {
    other,
    copy,     // to <- from, 64 bits
    address,  // to <- the address of from
    add,      // to <- to + constant
    compare,  // left with right, or with zero
    push,
    pop,
    leave,
    call,
    jump,    // to a target that is told, or to 0: not told
    branch,  // the same, if a condition holds
    ret,
    stop,  // code does not go on here
};
enum class Condition : std::uint8_t { other, zero, not_zero };

// What an instruction may read or write as a whole.
struct Operand {
    enum class Kind : std::uint8_t { none, reg, memory, constant } kind = Kind::none;
    Register reg = kNoRegister;
    MemoryPlace memory;
    std::int64_t constant = 0;
};

struct Instruction {
    std::uint64_t address = 0, next = 0;
    Action action = Action::other;
    Operand to, from;
    std::uint64_t target = 0;       // of calls and jumps; 0: it is not in the code
    std::optional<Operand> callee;  // where an indirect one finds its target
    Condition condition = Condition::other;
    std::uint16_t written = 0;  // registers that it changes, in part or whole: bit by number
    bool writes_flags = false;
    // What it writes in memory; bytes 0: how much is not told.
    std::optional<MemoryPlace> stored;
    std::uint32_t stored_bytes = 0;
};

// Nothing: these bytes are no instruction, or its end is not among them.
std::optional<Instruction> decode(const Bytes& code, std::uint64_t address);

}  // namespace mt::core::code

#endif
