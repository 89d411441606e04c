// SPDX-License-Identifier: MIT
//
// Which memory may be loaded of a stack that is not the thread's own (a fiber's), of which
// nothing says where it ends. The kernel is asked, but not each time; it decides nothing
// about the walk.
//
// Unlike the own one, such a stack may have been unmapped since the last event, and a smaller
// one may be at its place. Two things hold without asking:
//   - The page of the innermost frame is there: a call stored its return address in it
//     just now.
//   - A frame that the thread runs in will return. So where its unwind table says that its
//     return address stands at `slot`, the stack pointer was `slot` when it was entered, and
//     all from there down to the frame is stack in use. That proves slot's page, if slot is not
//     the page's first word: code that was jumped to, with the stack pointer at the very end
//     of its stack, has no return address there. (No call leaves one there on a stack that is
//     aligned as the ABI says.)
// That a frame is a real one follows step by step from the innermost. It ends where a stack
// does: what stands behind its first frame may be made up. So a page is entered without
// asking only where it was entered by the same load of the same frame before, was readable,
// and the frame had a caller. All other ways into another page are asked for, each time.
// Tests: OtherStacks.* in stack_other_test, SteadyState.* in system_calls_test.
#ifndef MEMTRACE_STACK_OTHER_STACK_H
#define MEMTRACE_STACK_OTHER_STACK_H

#include "stack/rule.h"
#include "stack/window.h"

namespace mt::runtime::stack {

// Loads that have entered another page, of frames that had a caller. A thread's own.
class Crossings {
  public:
    bool knows(const machine::Registers& frame, u64 address) const {
        const Crossing* set = set_[set_of(frame)];
        for (u32 i = 0; i < kWays; ++i) {
            const Crossing& c = set[i];
            if (c.pc == frame.pc && c.sp == frame.sp && c.address == address) return true;
        }
        return false;
    }
    // A jump out of a handler may come in between: what counts is stored last.
    void remember(const machine::Registers& frame, u64 address) {
        if (knows(frame, address)) return;
        Crossing& c = set_[set_of(frame)][next_++ % kWays];
        c.pc = 0;
        __atomic_signal_fence(__ATOMIC_SEQ_CST);
        c.sp = frame.sp;
        c.address = address;
        __atomic_signal_fence(__ATOMIC_SEQ_CST);
        c.pc = frame.pc;
    }
    // They rest on rules. Call first in each walk.
    void begin(u64 generation) {
        if (generation == generation_) return;
        forget();
        generation_ = generation;
    }
    void forget() {
        for (auto& set : set_) {
            for (Crossing& c : set) c.pc = 0;
        }
    }

  private:
    struct Crossing {
        u64 pc, sp, address;
    };
    static constexpr u32 kBits = 8;
    static constexpr u32 kWays = 4;
    static u64 set_of(const machine::Registers& frame) {
        return ((frame.pc ^ frame.sp << 7) * 0x9e3779b97f4a7c15ull) >> (64 - kBits);
    }

    u64 generation_;
    u32 next_;
    Crossing set_[1u << kBits][kWays];
};

// Of one walk that begins at a stack pointer that the thread has: not at any number.
class OtherStack {
  public:
    OtherStack(Crossings& crossings, u64 generation, u64 sp)
        : crossings_(crossings), high_(((sp - 8) | (machine::kPage - 1)) + 1) {
        crossings.begin(generation);
    }

    // A frame's loads, as step_by_rule() wants them.
    void enter(const machine::Registers& frame) {
        frame_ = frame;
        crossed_ = 0;
        crossed_twice_ = false;
    }
    struct Memory {
        OtherStack& stack;
        bool operator()(u64 address, u64& value) const {
            if ((address & 7) != 0 || address < stack.frame_.sp) return false;
            if (__builtin_expect(address >= stack.high_, 0) && !stack.cross(address)) return false;
            value = *reinterpret_cast<const volatile u64*>(address);
            return true;
        }
        bool is_connected(u64, u64 high) const { return high < stack.high_; }
        static bool is_used_up(u64) { return false; }
    };

    // May the words that the frame's step has loaded be loaded again when the thread is next
    // in this frame? `outer`: where its caller's begins.
    bool left(Rule rule, Step step, u64 outer) {
        if (__builtin_expect(crossed_ == 0, 1)) return true;
        const bool by_table = rule.kind() == RuleKind::sp || rule.kind() == RuleKind::bp ||
                              rule.kind() == RuleKind::bp_deref;
        const u64 slot = outer - 8;
        if (!by_table || step != Step::next || slot % machine::kPage == 0) return false;
        if (crossed_ > slot || crossed_twice_) return false;
        crossings_.remember(frame_, crossed_);
        return true;
    }

  private:
    [[gnu::noinline]] bool cross(u64 address);

    Crossings& crossings_;
    machine::Registers frame_ = {};
    u64 high_;         // what lies below it, down to the frame, may be loaded
    u64 crossed_ = 0;  // the load that went past it last; 0 = none of this frame
    bool crossed_twice_ = false;
};

}  // namespace mt::runtime::stack

#endif
