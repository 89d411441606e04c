// SPDX-License-Identifier: MIT
#include "stack/frame_cache.h"

namespace mt::runtime::stack {
namespace {

// Loads of the frame at `sp` and outwards, on the thread's own stack alone, which needs no
// probing. Otherwise as View and Walker load: aligned, and nothing of frames that are gone.
struct OwnStack {
    const Window& own;
    u64 sp;

    bool operator()(u64 address, u64& value) const {
        const bool inside = address % 8 == 0 && address >= own.low && address < own.high &&
                            own.high - address >= 8 && address >= sp - machine::kRedZone;
        if (__builtin_expect(!inside, 0)) return false;
        value = *reinterpret_cast<const volatile u64*>(address);
        return true;
    }
    bool is_connected(u64, u64 high) const { return high < own.high; }
    bool is_used_up(u64 address) const { return address > own.high; }
};

}  // namespace

[[gnu::always_inline]] inline bool FrameCache::is_kept(const machine::Registers& at,
                                                       bool interrupted, u32 frame,
                                                       u32 verified) const {
    const Frame& f = frames_[frame];
    return f.sp == at.sp && f.pc == at.pc && f.inputs <= verified &&
           (!f.needs_bp || f.bp == at.bp) && !f.interrupted && !interrupted;
}

[[gnu::always_inline]] inline void FrameCache::depend_on(u64 address, u32& at) {
    if (at < kInputs) {
        input_[at] = {address, word_at(address)};
    }
    ++at;
}

// The frame of `fresh`, whose caller's begins at `outer`. False: no room.
[[gnu::always_inline]] inline bool FrameCache::append(const Fresh& fresh, u64 outer, u64 seed) {
    const bool is_outermost = count_ == 0;
    const bool bp_matters = !is_outermost && frames_[count_ - 1].needs_bp;
    u32 inputs = is_outermost ? 0 : frames_[count_ - 1].inputs;
    Frame& f = frames_[count_];
    static_cast<machine::Registers&>(f) = fresh;
    f.interrupted = fresh.interrupted;
    f.outside = fresh.rule.is_outside_objects() || (!is_outermost && frames_[count_ - 1].outside);
    f.hash = chain_hash(is_outermost ? seed : frames_[count_ - 1].hash, fresh.pc);
    f.rolled = roll(is_outermost ? rolled_outside_ : frames_[count_ - 1].rolled, fresh.pc);
    f.needs_bp = name_words(fresh.rule, fresh, outer, bp_matters,
                            [this, &inputs](u64 address) { depend_on(address, inputs); });
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
    for (u32 i = 0; i < inputs_left; ++i) input_[i] = input_[i + inputs];
    complete_ = false;
    rolled_outside_ = rolled;
    keep_order();
    count_ = left;
}

// The outermost `kept` frames stay, and inside them come the `steps`, of which the outermost
// has its way out at `at`.
[[gnu::always_inline]] inline bool FrameCache::replace(const machine::Registers& at, u32 kept,
                                                       u32 steps, bool complete, u64 generation,
                                                       u64 seed) {
    u64 outer = at.sp;
    last_.generation = kNoGeneration;
    keep_order();
    count_ = kept;  // what is about to be overwritten does not count
    if (kept == 0) {
        complete_ = complete;
        rolled_outside_ = 0;
    }
    generation_ = generation;
    seed_ = seed;
    keep_order();
    if (kept + steps > kFrames) drop_outermost(kept, steps);
    fresh_count_ = steps;
    while (steps > 0) {
        const Fresh& inner = steps_[--steps];
        if (!append(inner, outer, seed)) {
            count_ = 0;
            return false;
        }
        outer = inner.sp;
    }
    note_last();
    return true;
}

[[gnu::always_inline]] inline void FrameCache::note_last() {
    const Frame& innermost = frames_[count_ - 1];
    static_cast<machine::Registers&>(last_) = innermost;
    last_.bp_matters = innermost.needs_bp ? ~u64{0} : 0;
    last_.seed = seed_;
    last_.first = input_ + first_input(count_);
    last_.end = input_ + innermost.inputs;
    keep_order();
    last_.generation = generation_;
}

bool FrameCache::follow_known(const Window& own, u64 pc, u64 sp, u64 bp, u64 seed) {
    const u64 generation = __atomic_load_n(&rules_generation, __ATOMIC_ACQUIRE);
    u32 kept = generation == generation_ && seed == seed_ ? count_ : 0;
    while (kept > 0 && frames_[kept - 1].sp < sp) --kept;
    const u32 first = first_input(kept);
    const u32 verified = kept > 0 ? verify(first, frames_[kept - 1].inputs) : 0;

    machine::Registers at = {pc, sp, bp};
    bool interrupted = false;
    bool complete = false;
    u32 steps = 0;
    while (!complete && steps < kFrames) {
        while (kept > 0 && frames_[kept - 1].sp < at.sp) --kept;
        if (kept > 0 && is_kept(at, interrupted, kept - 1, verified)) {
            const bool enough = complete_ || kept + steps >= kWindow;
            if (enough && is_verified(kept, steps, first)) break;
            kept = 0;  // too little of a deep stack is left
        }
        Rule rule = remembered_rule(at.pc);
        if (__builtin_expect(!is_settled(rule), 0)) rule = find_rule(at.pc);
        steps_[steps++] = {at, rule, interrupted};
        const Step step = step_by_rule(rule, at, interrupted, OwnStack{own, at.sp});
        if (step == Step::broken) return false;
        if (interrupted && (at.sp < own.low || at.sp >= own.high)) return false;
        complete = step == Step::complete;
    }
    if (complete || steps == kFrames) kept = 0;
    return replace(at, kept, steps, complete, generation, seed);
}

bool FrameCache::follow_elsewhere(Crossings& crossings, u64 pc, u64 sp, u64 bp, u64 seed) {
    const u64 generation = __atomic_load_n(&rules_generation, __ATOMIC_ACQUIRE);
    u32 kept = generation == generation_ && seed == seed_ ? count_ : 0;
    u32 changed = kInputs;  // from here inwards there may be a word with another value
    OtherStack stack(crossings, generation, sp);

    machine::Registers at = {pc, sp, bp};
    bool complete = false;
    u32 steps = 0;
    while (!complete) {
        while (kept > 0 && frames_[kept - 1].sp < at.sp) --kept;
        if (kept > 0 && is_kept(at, false, kept - 1, changed)) {
            const u32 from = unchanged_from(frames_[kept - 1].inputs);
            if (from == 0) break;
            changed = from - 1;
        }
        if (kept + steps >= kWindow) return false;
        Rule rule = remembered_rule(at.pc);
        if (!is_settled(rule)) rule = find_rule(at.pc);
        if (rule.kind() == RuleKind::signal) return false;
        steps_[steps++] = {at, rule, false};
        stack.enter(at);
        bool interrupted = false;
        const Step step = step_by_rule(rule, at, interrupted, OtherStack::Memory{stack});
        if (step == Step::broken || !stack.left(rule, step, at.sp)) return false;
        complete = step == Step::complete;
    }
    return replace(at, complete ? 0 : kept, steps, complete, generation, seed);
}

}  // namespace mt::runtime::stack
