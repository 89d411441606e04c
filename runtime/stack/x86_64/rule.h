// SPDX-License-Identifier: MIT
//
// A frame's rule in 32 bits, for a cache to keep, and what it means: the one place
// where a rule is followed, for every kind of walk. Loads nothing itself.
#ifndef MEMTRACE_STACK_X86_64_RULE_H
#define MEMTRACE_STACK_X86_64_RULE_H

#include "stack/row.h"
#include "stack/x86_64/machine.h"

namespace mt::runtime::stack {

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

// N / 8 : 17 | saved bp : 12 | kind : 3.
// The return address is always right below the frame (frame - 8).
class Rule {
  public:
    // Values of the second field beside "at frame - 8 * value".
    static constexpr u32 kBpSame = 0;
    static constexpr u32 kBpAtBp = 0xfff;  // at *bp: the same realigned frames
    static constexpr u32 kBpLost = 0xffe;
    static constexpr u32 kWords = 0x1ffff;  // the largest N / 8

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

enum class Step : u8 {
    next,
    complete,  // the frame is the thread's first
    broken,    // nothing says who called
};

inline bool is_code(u64 pc) { return pc >= machine::kLowestCode && pc < machine::kUserEnd; }

// Can a frame at `sp` end at `frame`, where its caller's begins? Its return address lies
// between. Only code that was interrupted may have given that up.
inline bool leads_out(u64 sp, u64 frame, bool interrupted) {
    return frame % 8 == 0 && (frame > sp || (frame == sp && interrupted));
}

// To the code that a signal interrupted: anywhere, for a handler may have a stack of its own.
template <class Load>
[[gnu::always_inline]] inline Step step_over_signal(machine::Registers& at, bool& interrupted,
                                                    Load load) {
    machine::Registers caller;
    if (!load(at.sp + machine::kSignalPc, caller.pc) ||
        !load(at.sp + machine::kSignalStackPointer, caller.sp) ||
        !load(at.sp + machine::kSignalFramePointer, caller.bp)) {
        return Step::broken;
    }
    caller.pc += 1;
    if (!is_code(caller.pc)) return Step::broken;
    at = caller;
    interrupted = true;
    return Step::next;
}

// From the frame `at` to its caller's; after Step::broken both arguments mean nothing.
// `interrupted`: the frame's code was, by a signal. `load(address, value)` says false where
// it may not load. Broken are also rules that do not say where the caller is.
template <class Load>
[[gnu::always_inline]] inline Step step_by_rule(Rule rule, machine::Registers& at,
                                                bool& interrupted, Load load) {
    machine::Registers caller = {0, 0, at.bp};
    switch (rule.kind()) {
        case RuleKind::sp:
            caller.sp = at.sp + rule.distance();
            break;
        case RuleKind::bp:
            caller.sp = at.bp + rule.distance();
            break;
        case RuleKind::bp_deref:
            if (!load(at.bp - rule.distance(), caller.sp)) return Step::broken;
            break;
        case RuleKind::end:
            return Step::complete;
        case RuleKind::signal:
            return step_over_signal(at, interrupted, load);
        default:
            return Step::broken;
    }
    if (!leads_out(at.sp, caller.sp, interrupted)) return Step::broken;
    if (!load(caller.sp - 8, caller.pc)) return Step::broken;
    switch (rule.saved_bp()) {
        case Rule::kBpSame:
            break;
        case Rule::kBpLost:
            caller.bp = 0;
            break;
        case Rule::kBpAtBp:
            if (!load(at.bp, caller.bp)) return Step::broken;
            break;
        default:
            if (!load(caller.sp - 8 * u64{rule.saved_bp()}, caller.bp)) return Step::broken;
    }
    at = caller;
    interrupted = false;
    if (is_code(caller.pc)) return Step::next;
    return caller.pc == 0 ? Step::complete : Step::broken;
}

// Names the words that step_by_rule() loads of a frame, whose caller's begins at `frame`.
// The one that holds the caller's bp counts only if that matters: if `bp_matters` further
// out. True: then bp matters in this frame, too.
template <class Note>
[[gnu::always_inline]] inline bool name_words(Rule rule, const machine::Registers& at, u64 frame,
                                              bool bp_matters, Note note) {
    switch (rule.kind()) {
        case RuleKind::end:
            return false;
        case RuleKind::signal:
            note(at.sp + machine::kSignalPc);
            note(at.sp + machine::kSignalStackPointer);
            note(at.sp + machine::kSignalFramePointer);
            return false;
        default:
            break;
    }
    note(frame - 8);
    if (rule.kind() == RuleKind::bp_deref) note(at.bp - rule.distance());
    const bool by_bp = rule.kind() != RuleKind::sp;
    const u32 saved = rule.saved_bp();
    if (!bp_matters || saved == Rule::kBpLost) return by_bp;
    if (saved == Rule::kBpSame) return true;
    if (saved == Rule::kBpAtBp) {
        note(at.bp);
        return true;
    }
    note(frame - 8 * u64{saved});
    return by_bp;
}

}  // namespace mt::runtime::stack

#endif
