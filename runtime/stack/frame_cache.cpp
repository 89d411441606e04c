// SPDX-License-Identifier: MIT
#include "stack/frame_cache.h"

#include "stack/machine.h"

namespace mt::runtime::stack {
namespace {

void keep_order() { __atomic_signal_fence(__ATOMIC_SEQ_CST); }

}  // namespace

// Where a walk is. pc 0: it has ended.
struct FrameCache::Position {
    u64 pc, sp, bp;
    bool interrupted;

    // The same bounds as those of walker.cpp: aligned, on this stack, not in
    // frames that are gone.
    bool load(const Window& own, u64 address, u64& value) const {
        const bool inside = address % 8 == 0 && address >= own.low && address < own.high &&
                            own.high - address >= 8 && address >= sp - machine::kRedZone;
        if (__builtin_expect(!inside, 0)) return false;
        value = word_at(address);
        return true;
    }
};

[[gnu::always_inline]] inline bool FrameCache::is_kept(const Position& at, u32 frame,
                                                       u32 verified) const {
    const Frame& f = frames_[frame];
    return f.sp == at.sp && f.pc == at.pc && f.inputs <= verified &&
           (!f.needs_bp || f.bp == at.bp) && !f.interrupted && !at.interrupted;
}

// One frame outwards, as Walker::step_by_rule in walker.cpp, but on a stack that needs
// no probing and without the cases that a rule of one word does not hold; the two
// are compared on every capture (tests/compare). False: not a step for this room.
[[gnu::always_inline]] inline bool FrameCache::step(const Window& own, Position& at,
                                                    Rule rule) const {
    u64 start = 0;
    switch (rule.kind()) {
        case RuleKind::sp:
            start = at.sp + rule.distance();
            break;
        case RuleKind::bp:
            start = at.bp + rule.distance();
            break;
        case RuleKind::bp_deref:
            if (!at.load(own, at.bp - rule.distance(), start)) return false;
            break;
        case RuleKind::end:
            at.pc = 0;
            return true;
        case RuleKind::signal: {
            Position next = {};
            if (!at.load(own, at.sp + machine::kSignalPc, next.pc) ||
                !at.load(own, at.sp + machine::kSignalStackPointer, next.sp) ||
                !at.load(own, at.sp + machine::kSignalFramePointer, next.bp)) {
                return false;
            }
            next.pc += 1;
            next.interrupted = true;
            at = next;
            return at.pc >= machine::kLowestCode && at.pc < machine::kUserEnd && at.sp >= own.low &&
                   at.sp < own.high;
        }
        default:
            return false;
    }
    Position next = {0, start, at.bp, false};
    const bool is_frame = start % 8 == 0 && (start > at.sp || (start == at.sp && at.interrupted));
    if (!is_frame || !at.load(own, start - 8, next.pc)) return false;
    switch (rule.saved_bp()) {
        case Rule::kBpSame:
            break;
        case Rule::kBpLost:
            next.bp = 0;
            break;
        case Rule::kBpAtBp:
            if (!at.load(own, at.bp, next.bp)) return false;
            break;
        default:
            if (!at.load(own, start - 8 * u64{rule.saved_bp()}, next.bp)) return false;
    }
    at = next;
    return at.pc == 0 || (at.pc >= machine::kLowestCode && at.pc < machine::kUserEnd);
}

[[gnu::always_inline]] inline void FrameCache::depend_on(u64 address, u32& at) {
    if (at < kInputs) {
        address_[at] = address;
        value_[at] = word_at(address);
    }
    ++at;
}

// The frame of `step`, whose caller is at `outer`. False: no room.
[[gnu::always_inline]] inline bool FrameCache::append(const Step& step, const Position& outer,
                                                      u64 seed) {
    const bool is_outermost = count_ == 0;
    const bool outer_needs_bp = !is_outermost && frames_[count_ - 1].needs_bp;
    u32 inputs = is_outermost ? 0 : frames_[count_ - 1].inputs;
    Frame& f = frames_[count_];
    f.pc = step.pc;
    f.sp = step.sp;
    f.bp = step.bp;
    f.interrupted = step.interrupted;
    f.needs_bp = false;
    f.hash = chain_hash(is_outermost ? seed : frames_[count_ - 1].hash, step.pc);
    f.rolled = roll(is_outermost ? rolled_outside_ : frames_[count_ - 1].rolled, step.pc);
    switch (step.rule.kind()) {
        case RuleKind::end:
            break;
        case RuleKind::signal:
            depend_on(step.sp + machine::kSignalPc, inputs);
            depend_on(step.sp + machine::kSignalStackPointer, inputs);
            depend_on(step.sp + machine::kSignalFramePointer, inputs);
            break;
        default: {
            depend_on(outer.sp - 8, inputs);
            const u32 saved = step.rule.saved_bp();
            if (step.rule.kind() == RuleKind::bp_deref) {
                depend_on(step.bp - step.rule.distance(), inputs);
            }
            f.needs_bp = step.rule.kind() != RuleKind::sp;
            if (!outer_needs_bp || saved == Rule::kBpLost) break;
            if (saved == Rule::kBpSame || saved == Rule::kBpAtBp) f.needs_bp = true;
            if (saved == Rule::kBpAtBp) depend_on(step.bp, inputs);
            if (saved < Rule::kBpLost && saved != Rule::kBpSame) {
                depend_on(outer.sp - 8 * u64{saved}, inputs);
            }
        }
    }
    f.inputs = static_cast<u16>(inputs);
    keep_order();
    ++count_;
    return inputs <= kInputs;
}

// Have the words of the window that ends `steps` frames inside the kept ones their
// values? From `first` on they were verified; a shallower stack begins before that.
bool FrameCache::is_verified(u32 kept, u32 steps, u32 first) const {
    const u32 end = frames_[kept - 1].inputs;
    const u32 outside = kept + steps > kWindow ? kept + steps - kWindow : 0;
    if (outside >= kept) return true;
    const u32 begin = outside > 0 ? frames_[outside - 1].inputs : 0;
    return begin >= first || verify(begin, end) == end;
}

// Room for more: the outermost frames go. What only they depend on is not
// verified any more; the words are counted from the first frame that stays.
[[gnu::noinline]] void FrameCache::drop_outermost(u32 kept, u32 steps) {
    constexpr u32 kFull = kFrames - kFrames / 4;  // so that the next steps have room
    const u32 left = steps < kFull ? kFull - steps : 0;
    const u32 count = kept - left;
    const u32 inputs = frames_[count - 1].inputs;
    const u32 inputs_left = frames_[kept - 1].inputs - inputs;
    const u64 rolled = frames_[count - 1].rolled;
    count_ = 0;
    keep_order();
    for (u32 i = 0; i < left; ++i) {
        frames_[i] = frames_[i + count];
        frames_[i].inputs = static_cast<u16>(frames_[i].inputs - inputs);
    }
    for (u32 i = 0; i < inputs_left; ++i) {
        address_[i] = address_[i + inputs];
        value_[i] = value_[i + inputs];
    }
    complete_ = false;
    rolled_outside_ = rolled;
    keep_order();
    count_ = left;
}

bool FrameCache::follow(Window& own, u64 pc, u64 sp, u64 bp, u64 seed) {
    if (!is_on_known_stack(own, sp) && !reach_own_stack(own, sp)) return false;
    const u64 generation = __atomic_load_n(&rules_generation, __ATOMIC_ACQUIRE);
    u32 kept = generation == generation_ && seed == seed_ ? count_ : 0;
    while (kept > 0 && frames_[kept - 1].sp < sp) --kept;
    const u32 first = first_input(kept);
    const u32 verified = kept > 0 ? verify(first, frames_[kept - 1].inputs) : 0;

    Position at = {pc, sp, bp, false};
    u32 steps = 0;
    while (at.pc != 0 && steps < kFrames) {
        while (kept > 0 && frames_[kept - 1].sp < at.sp) --kept;
        if (kept > 0 && is_kept(at, kept - 1, verified)) {
            const bool enough = complete_ || kept + steps >= kWindow;
            if (enough && is_verified(kept, steps, first)) break;
            kept = 0;  // too little of a deep stack is left
        }
        Rule rule = remembered_rule(at.pc);
        if (__builtin_expect(rule.kind() == RuleKind::none, 0)) rule = find_rule(at.pc);
        steps_[steps++] = {at.pc, at.sp, at.bp, rule, at.interrupted};
        if (!step(own, at, rule)) return false;
    }
    if (at.pc == 0 || steps == kFrames) kept = 0;

    count_ = kept;  // what is about to be overwritten does not count
    if (kept == 0) {
        complete_ = at.pc == 0;
        rolled_outside_ = 0;
    }
    generation_ = generation;
    seed_ = seed;
    keep_order();
    if (kept + steps > kFrames) drop_outermost(kept, steps);
    fresh_count_ = steps;
    while (steps > 0) {
        const Step& inner = steps_[--steps];
        if (!append(inner, at, seed)) {
            count_ = 0;
            return false;
        }
        at = {inner.pc, inner.sp, inner.bp, inner.interrupted};
    }
    return true;
}

}  // namespace mt::runtime::stack
