// SPDX-License-Identifier: MIT
//
// The last stack of a thread, kept to save the next walk most of its steps. It
// knows nothing of what the frames are for.
//
// A walk is a function of its first registers and of the words that it loads.
// So the outer frames of the last walk are those of this one if both come
// through the same registers and every word that those frames were found by
// still has its value. To stop at "the same frame, the same return address"
// would be wrong: main() { g(); g(); } has equal inner frames and another
// return address further out (tests: Frames.* in stack_frames_test).
//
// Of a stack deeper than kWindow only the innermost frames are asked for, and only
// they are verified. More are kept, so that a recursion may return some way
// before its outer frames are walked again.
//
// Only stacks that rules of one word describe, or frame records where there is no
// rule, are kept; follow() says false to all others and a plain walk (walker.h)
// must do. Such a walk does not harm what is kept.
//
// Used by its own thread only, and not by a signal handler inside follow(). A
// jump out of follow() leaves it whole: what counts is published last.
#ifndef MEMTRACE_STACK_FRAME_CACHE_H
#define MEMTRACE_STACK_FRAME_CACHE_H

#include "stack/other_stack.h"
#include "stack/rule.h"
#include "stack/rule_cache.h"
#include "stack/window.h"

namespace mt::runtime::stack {

inline u64 word_at(u64 address) { return *reinterpret_cast<const volatile u64*>(address); }
// For whoever jumps out of what is being written: what counts is stored last.
inline void keep_order() { __atomic_signal_fence(__ATOMIC_SEQ_CST); }

// Identity of a chain of frames: of the frame at `pc` and all outside it.
inline u64 chain_hash(u64 outer, u64 pc) {
    const u64 hash = (outer ^ pc) * 0x9fb21c651e98df25ull;
    return hash ^ hash >> 32;
}

// The same for the innermost frames of a chain: a polynomial in kRolling.
inline constexpr u64 kRolling = 0x9e3779b97f4a7c15ull;
constexpr u64 roll(u64 outer, u64 pc) { return outer * kRolling + (pc ^ pc << 29) * kRolling; }
constexpr u64 power_of_rolling(u32 exponent) {
    u64 power = 1;
    for (u32 i = 0; i < exponent; ++i) power *= kRolling;
    return power;
}

class FrameCache {
  public:
    static constexpr u32 kWindow = 256;
    static constexpr u32 kFrames = 512;
    static constexpr u32 kInputs = 3 * kFrames;

    // Is the stack the one that follow() put together last, from end to end? Its `sp` was on
    // the known part of the stack then, and of one thread's stack no less is known later.
    bool is_unchanged(const Window& own, u64 pc, u64 sp, u64 bp, u64 seed) const {
        const u64 other = last_.difference(pc, sp, bp, seed);
        if ((other | (own.thread ^ machine::thread_pointer())) != 0) return false;
        return verify(last_.first, last_.end) == last_.end;
    }
    // Registers as for walk(). `seed` begins the hash of the outermost frame.
    // True: the innermost kWindow frames are here.
    bool follow(Window& own, u64 pc, u64 sp, u64 bp, u64 seed) {
        return (is_on_known_stack(own, sp) || reach_own_stack(own, sp)) &&
               follow_known(own, pc, sp, bp, seed);
    }
    // Where that has been asked already.
    bool follow_known(const Window& own, u64 pc, u64 sp, u64 bp, u64 seed);

    // The same on other stacks than the thread's own, where nothing may be loaded but from
    // the innermost frame outwards (other_stack.h). Not of stacks deeper than kWindow. Never
    // both kinds of stack in one object.
    bool is_unchanged_elsewhere(u64 pc, u64 sp, u64 bp, u64 seed) const {
        return last_.difference(pc, sp, bp, seed) == 0 &&
               unchanged_from(frames_[count_ - 1].inputs) == 0;
    }
    bool follow_elsewhere(Crossings& crossings, u64 pc, u64 sp, u64 bp, u64 seed);
    // Where its outermost frame begins; 0 = holds nothing.
    u64 top() const { return count_ == 0 ? 0 : frames_[0].sp; }

    u32 count() const { return count_ < kWindow ? count_ : kWindow; }
    // Are there more than count()? Then hash() is not of these alone.
    bool is_cut() const { return count_ > kWindow || !complete_; }
    // Identity of the innermost kWindow frames, when there are more.
    u64 window_hash() const {
        const u64 outer = count_ > kWindow ? frames_[count_ - kWindow - 1].rolled : rolled_outside_;
        return frames_[count_ - 1].rolled - outer * kRolledByWindow;
    }
    // How many of them, from the innermost, were not in the stack before.
    u32 fresh() const { return fresh_count_; }
    // From the innermost (0) outwards; values as walk() stores them.
    u64 pc(u32 i) const { return frames_[count_ - 1 - i].pc; }
    u64 hash(u32 i) const { return frames_[count_ - 1 - i].hash; }

    void forget() {
        last_.generation = kNoGeneration;
        keep_order();
        count_ = 0;
    }

    // --- all frames that are kept, and what they were found by, from the outermost (0) inwards ---
    // Is one of them of code that belongs to no object?
    bool is_outside_objects() const { return frames_[count_ - 1].outside; }
    u32 frames() const { return count_; }
    const machine::Registers& registers(u32 frame) const { return frames_[frame]; }
    bool needs_bp(u32 frame) const { return frames_[frame].needs_bp; }
    u64 chain(u32 frame) const { return frames_[frame].hash; }
    // How many words this frame and those outside it were found by.
    u32 words_to(u32 frame) const { return frames_[frame].inputs; }
    u64 address(u32 word) const { return input_[word].address; }
    u64 value(u32 word) const { return input_[word].value; }

  private:
    static constexpr u64 kRolledByWindow = power_of_rolling(kWindow);

    struct Frame : machine::Registers {
        u64 hash;
        u64 rolled;        // roll(), from the outermost frame that is kept
        u16 inputs;        // words that this frame and those outside it depend on
        bool needs_bp;     // they depend on bp, too
        bool interrupted;  // by a signal: the frame began anywhere
        bool outside;      // all objects is its code, or that of a frame outside it
    };
    struct Input {  // a word that frames were found by
        u64 address, value;
        u64 change() const { return word_at(address) ^ value; }
        bool is_unchanged() const { return change() == 0; }
    };
    struct Fresh : machine::Registers {  // a frame that is not kept yet, and its way out
        Rule rule;
        bool interrupted;
    };
    // What a stack must have in common with the last one, before any word is looked at: one
    // line of the cache, and one branch.
    struct Last : machine::Registers {
        u64 bp_matters;  // a bit for each that does
        u64 generation;  // stored last, and first when the frames change
        u64 seed;
        const Input* first;  // the words to be looked at
        const Input* end;

        u64 difference(u64 now_pc, u64 now_sp, u64 now_bp, u64 now_seed) const {
            const u64 now = __atomic_load_n(&rules_generation, __ATOMIC_ACQUIRE);
            return (pc ^ now_pc) | (sp ^ now_sp) | ((bp ^ now_bp) & bp_matters) |
                   (generation ^ now) | (seed ^ now_seed);
        }
    };
    static constexpr u64 kNoGeneration = ~u64{0};

    void note_last();
    static const Input* verify(const Input* first, const Input* end);
    u32 verify(u32 first, u32 end) const {
        return static_cast<u32>(verify(input_ + first, input_ + end) - input_);
    }
    // From which word all up to `end` have their value still, looked at from the end: nothing
    // is loaded behind one that has not.
    u32 unchanged_from(u32 end) const {
        while (end > 0 && input_[end - 1].is_unchanged()) --end;
        return end;
    }
    bool replace(const machine::Registers& outermost, u32 kept, u32 steps, bool complete,
                 u64 generation, u64 seed);
    // Where the words of the window begin that ends with `count` frames.
    u32 first_input(u32 count) const {
        return count > kWindow ? frames_[count - kWindow - 1].inputs : 0;
    }
    bool is_kept(const machine::Registers& at, bool interrupted, u32 frame, u32 verified) const;
    bool append(const Fresh& fresh, u64 outer, u64 seed);
    bool is_verified(u32 kept, u32 steps, u32 first) const;
    void drop_outermost(u32 kept, u32 steps);
    void depend_on(u64 address, u32& at);

    alignas(64) Last last_;
    u32 count_;
    u32 fresh_count_;
    bool complete_;   // the outermost frame that is kept is the stack's
    u64 generation_;  // of the rules that led here
    u64 seed_;
    u64 rolled_outside_;     // roll() up to the first frame that is kept
    Frame frames_[kFrames];  // outermost first
    Input input_[kInputs];
    Fresh steps_[kFrames];
};

// Up to which word all from `at` have their value still. In groups without a
// branch: a group is as fast as its loads.
inline const FrameCache::Input* FrameCache::verify(const Input* at, const Input* end) {
    for (; end - at >= 8; at += 8) {
        u64 changed = 0;
#pragma GCC unroll 8
        for (u32 k = 0; k < 8; ++k) changed |= at[k].change();
        if (changed != 0) break;
    }
    while (at < end && at->is_unchanged()) ++at;
    return at;
}

}  // namespace mt::runtime::stack

#endif
