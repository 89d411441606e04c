// SPDX-License-Identifier: MIT
//
// A frame's rule in 32 bits, for a cache to keep, and what it means: the one place
// where a rule is followed, for every kind of walk. Loads nothing itself.
#ifndef MEMTRACE_STACK_X86_64_RULE_H
#define MEMTRACE_STACK_X86_64_RULE_H

#include "stack/frame_record.h"
#include "stack/row.h"
#include "stack/x86_64/machine.h"

namespace mt::runtime::stack {

enum class RuleKind : u32 {
    none = 0,      // an empty slot of a cache; derive() never gives it
    no_cfi = 1,    // no unwind information here: by the frame record (frame_record.h)
    sp = 2,        // frame = sp + N
    bp = 3,        // frame = bp + N
    bp_deref = 4,  // frame = *(bp - N): a frame that gcc realigned
    end = 5,       // the outermost frame
    signal = 6,    // a signal frame lies at sp
    complex = 7,   // only the whole row says it
};

// Does a call instruction end where the rule's code address stands?
enum class AfterCall : u32 { unknown = 0, yes = 1, no = 2 };

// N / 8 : 17 | after a call : 2 | saved bp : 10 | kind : 3.
// The return address is always right below the frame (frame - 8).
class Rule {
  public:
    // Values of the third field beside "at frame - 8 * value".
    static constexpr u32 kBpSame = 0;
    static constexpr u32 kBpAtBp = 0x3ff;  // at *bp: the same realigned frames
    static constexpr u32 kBpLost = 0x3fe;
    static constexpr u32 kWords = 0x1ffff;  // the largest N / 8

    constexpr Rule() = default;
    constexpr explicit Rule(u32 bits) : bits_(bits) {}
    constexpr Rule(RuleKind kind, u32 words = 0, u32 bp = kBpSame)
        : bits_(words << kAt | bp << 3 | static_cast<u32>(kind)) {}

    constexpr u32 bits() const { return bits_; }
    constexpr RuleKind kind() const { return static_cast<RuleKind>(bits_ & 7); }
    constexpr u32 words() const { return bits_ >> kAt; }
    constexpr u64 distance() const { return u64{words()} * 8; }
    constexpr u32 saved_bp() const { return bits_ >> 3 & 0x3ff; }
    constexpr AfterCall after_call() const { return static_cast<AfterCall>(bits_ >> 13 & 3); }
    // Of no_cfi: nothing that is loaded holds the address. `words` counts from 1 then.
    constexpr bool is_outside_objects() const { return kind() == RuleKind::no_cfi && words() != 0; }
    // Of these, and of none: `words` counts how often AfterCall::no was believed.
    constexpr bool may_get_code() const { return kind() == RuleKind::none || is_outside_objects(); }
    constexpr Rule believed_again() const { return Rule{bits_ + (1u << kAt)}; }
    constexpr Rule asked_again() const { return Rule{(bits_ & ~(~0u << kAt)) | 1u << kAt}; }
    // The same rule, with that said of its address.
    constexpr Rule with(AfterCall after) const {
        return Rule{(bits_ & ~(3u << 13)) | static_cast<u32>(after) << 13};
    }

  private:
    static constexpr u32 kAt = 15;
    u32 bits_ = 0;
};

// The row as a rule; kind complex where 32 bits do not hold it.
Rule rule_of(const Row& row, Span table);

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
// it may not load; it is a memory for step_by_record(), too. Broken are also rules that do
// not say where the caller is.
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
        case RuleKind::no_cfi: {
            machine::Registers by_record = at;  // who steps by rules keeps `at` in registers
            const Step step = step_by_record(by_record, load);
            at = by_record;
            interrupted = false;
            return step;
        }
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
        case RuleKind::no_cfi:
            if (frame == at.sp) return false;  // the thread's first: it has no record
            note(frame - 8);
            note(frame - 16);
            return true;
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
