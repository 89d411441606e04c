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
// return address further out (tests: Frames.* in frame_cache_test).
//
// Only stacks that rules of one word describe from end to end, on the thread's
// own stack, are kept; follow() says false to all others and a plain walk
// (walker.h) must do. Such a walk does not harm what is kept.
//
// Used by its own thread only, and not by a signal handler inside follow(). A
// jump out of follow() leaves it whole: what counts is published last.
#ifndef MEMTRACE_STACK_FRAME_CACHE_H
#define MEMTRACE_STACK_FRAME_CACHE_H

#include "stack/rule_cache.h"
#include "stack/window.h"

namespace mt::runtime::stack {

// Identity of a chain of frames: of the frame at `pc` and all outside it.
inline u64 chain_hash(u64 outer, u64 pc) {
    const u64 hash = (outer ^ pc) * 0x9fb21c651e98df25ull;
    return hash ^ hash >> 32;
}

class FrameCache {
  public:
    static constexpr u32 kFrames = 256;
    static constexpr u32 kInputs = 768;

    // Is the stack the one that follow() put together last, from end to end?
    bool is_unchanged(const Window& own, u64 pc, u64 sp, u64 bp, u64 seed) const {
        if (count_ == 0 || seed != seed_ || !is_on_known_stack(own, sp)) return false;
        const Frame& f = frames_[count_ - 1];
        return f.pc == pc && f.sp == sp && !f.interrupted && (!f.needs_bp || f.bp == bp) &&
               generation_ == __atomic_load_n(&rules_generation, __ATOMIC_ACQUIRE) &&
               verify(f.inputs) == f.inputs;
    }
    // Registers as for walk(). `seed` begins the hash of the outermost frame.
    // True: the whole stack is here, at most kFrames frames, complete.
    bool follow(Window& own, u64 pc, u64 sp, u64 bp, u64 seed);

    u32 count() const { return count_; }
    // How many of them, from the innermost, were not in the stack before.
    u32 fresh() const { return fresh_count_; }
    // From the innermost (0) outwards; values as walk() stores them.
    u64 pc(u32 i) const { return frames_[count_ - 1 - i].pc; }
    u64 hash(u32 i) const { return frames_[count_ - 1 - i].hash; }

    void forget() { count_ = 0; }

  private:
    struct Frame {
        u64 pc, sp, bp;
        u64 hash;
        u16 inputs;        // words that this frame and those outside it depend on
        bool needs_bp;     // they depend on bp, too
        bool interrupted;  // by a signal: the frame began anywhere
    };
    struct Step {  // a frame that is not kept yet, and the rule that leads out of it
        u64 pc, sp, bp;
        Rule rule;
        bool interrupted;
    };
    struct Position;

    static u64 word_at(u64 address) { return *reinterpret_cast<const volatile u64*>(address); }
    u32 verify(u32 count) const;
    bool is_kept(const Position& at, u32 frame, u32 verified) const;
    bool step(const Window& own, Position& at, Rule rule) const;
    bool append(const Step& step, const Position& outer, u64 seed);
    bool give_up(u64 sp);
    void depend_on(u64 address, u32& at);

    u32 count_;
    u32 fresh_count_;
    u32 skips_;       // how often follow() is to give up at once
    u64 too_deep_;    // stack address below which the last stack did not fit
    u64 generation_;  // of the rules that led here
    u64 seed_;
    Frame frames_[kFrames];  // outermost first
    u64 address_[kInputs];
    u64 value_[kInputs];
    Step steps_[kFrames];
};

// How many of the first words have their value still. In groups without a
// branch: a group is as fast as its loads.
inline u32 FrameCache::verify(u32 count) const {
    u32 i = 0;
    for (; i + 8 <= count; i += 8) {
        u64 changed = 0;
#pragma GCC unroll 8
        for (u32 k = 0; k < 8; ++k) changed |= word_at(address_[i + k]) ^ value_[i + k];
        if (changed != 0) break;
    }
    while (i < count && word_at(address_[i]) == value_[i]) ++i;
    return i;
}

}  // namespace mt::runtime::stack

#endif
