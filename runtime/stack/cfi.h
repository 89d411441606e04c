// SPDX-License-Identifier: MIT
//
// From a return address to the rule that leads to its caller's frame. Runs the
// call frame program (DWARF 5, 6.4) but follows only what a walk needs: where
// the frame begins, where the caller's frame pointer and return address are.
#ifndef MEMTRACE_STACK_CFI_H
#define MEMTRACE_STACK_CFI_H

#include "stack/frame_table.h"
#include "stack/machine.h"

namespace mt::runtime::stack {

enum class FrameBy : u8 { stack_pointer, frame_pointer, other_register, expression, unsupported };
enum class SavedAs : u8 {
    same,           // the caller's value is still in the register
    at_offset,      // at frame + offset
    is_offset,      // is frame + offset
    at_expression,  // at the address that the expression gives
    is_expression,  // is what the expression gives
    in_register,    // in the register that the offset names
    undefined,      // lost; of the return address: there is no caller
    unsupported,
};

// The row of the unwind table that holds at an address. An offset of something
// that is by expression is the distance of its length byte from the table's start.
struct Row {
    i32 frame_offset;
    i32 bp_offset;
    i32 ra_offset;
    FrameBy frame;
    u8 frame_register;  // of other_register
    SavedAs bp;
    SavedAs ra;
};

// False: the program cannot be understood. The entry covers `pc`.
// `followed` is the register that row.bp is about: the frame pointer, or another.
bool find_row(const Entry& entry, u64 pc, Row& row, u64 followed = machine::kFramePointer);

enum class RuleKind : u32 {
    none = 0,      // an empty slot of a cache; derive() never gives it
    sp = 1,        // frame = sp + N
    bp = 2,        // frame = bp + N
    bp_deref = 3,  // frame = *(bp - N): a frame that gcc realigned
    end = 4,       // the outermost frame
    signal = 5,    // a signal frame lies at sp
    no_cfi = 6,    // no unwind information here
    complex = 7,   // only the whole row says it
};

// A rule in 32 bits, for a cache to keep: N / 8 : 17 | saved bp : 12 | kind : 3.
// The return address is always right below the frame (frame - 8).
class Rule {
  public:
    // Values of the second field beside "at frame - 8 * value".
    static constexpr u32 kBpSame = 0;
    static constexpr u32 kBpAtBp = 0xfff;  // at *bp: the same realigned frames
    static constexpr u32 kBpLost = 0xffe;

    constexpr Rule() = default;
    constexpr explicit Rule(u32 bits) : bits_(bits) {}
    constexpr Rule(RuleKind kind, u32 words = 0, u32 bp = kBpSame)
        : bits_(words << 15 | bp << 3 | static_cast<u32>(kind)) {}

    constexpr u32 bits() const { return bits_; }
    constexpr RuleKind kind() const { return static_cast<RuleKind>(bits_ & 7); }
    constexpr u64 distance() const { return u64{bits_ >> 15} * 8; }
    constexpr u32 saved_bp() const { return bits_ >> 3 & 0xfff; }

  private:
    u32 bits_ = 0;
};

// The row as a rule; kind complex where 32 bits do not hold it.
Rule rule_of(const Row& row, Span table);

// The rule that holds right before `pc`, a return address.
Rule derive(u64 pc);
// The same for kind complex: the whole row, and where its expressions are.
bool derive_row(u64 pc, u64 followed, Row& row, Span& table);

}  // namespace mt::runtime::stack

#endif
