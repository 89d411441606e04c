// SPDX-License-Identifier: MIT
//
// The stacks that a thread came through lately, each with the words that it was found by,
// so that one that comes again is compared and not walked. It keeps an id for each and
// knows nothing of what ids are for.
//
// Why a comparison is enough: see frame_cache.h. A stack is kept in parts of seven words at
// most, cut from its outermost frame inwards, so that stacks share the parts of their common
// outer frames. The two innermost parts are one, of the stack's own: there most differ. The
// registers at which an outer part begins follow from the innermost frame's and from the words
// inside it: they are not compared. A stack with a frame outside all objects is not kept, for the
// loader has to be asked about that one each time (rule_cache.h).
//
// Stacks that come through the same registers (all that reach malloc by one wrapper) are
// told apart by the first word, from the innermost, in which two of them differed: a branch
// names it, and its value goes into the hash.
//
// Used as FrameCache is: by its own thread, and not by a signal handler inside; a jump out of
// keep() leaves it whole. Zeroed = empty; touches little memory until stacks displace others.
// Tests: RecentStacks.* in stack_recent_test; tests/compare compares each stack that it finds.
#ifndef MEMTRACE_STACK_RECENT_STACKS_H
#define MEMTRACE_STACK_RECENT_STACKS_H

#include "stack/frame_cache.h"

namespace mt::runtime::stack {

class RecentStacks {
  public:
    static constexpr u32 kMostStacks = 512;
    static constexpr u32 kMostOuterParts = 256;

    // The id of the stack at these registers; 0: it is not kept. `at.sp` is on the known part of
    // the thread's own stack (is_on_known_stack). `seed` as for FrameCache::follow().
    u32 find(const Window& own, const machine::Registers& at, u64 seed);
    // The stack of the last find(), which follow() has found since, has this id, not 0. Kept
    // from the second time on: most stacks of a compiler never come again.
    void keep(const FrameCache& frames, u32 id);
    void forget();

  private:
    static constexpr u32 kWords = 7;  // of a part
    static constexpr u32 kInnermostWords = 2 * kWords;
    static constexpr u32 kWays = 4;
    static constexpr u32 kMostSets = kMostStacks / kWays;
    static constexpr u32 kMostOuterSets = kMostOuterParts / kWays;
    static constexpr u32 kFewestSets = 8;
    static constexpr u32 kSetsPerOuterSet = kMostSets / kMostOuterSets;
    static constexpr u32 kBranchSets = 512;
    static constexpr u32 kMostBranches = 8;  // on the way to one stack
    static constexpr u32 kMostParts = 16;    // of one stack
    static constexpr u32 kOnce = 1024;
    static constexpr u16 kNoOuter = 0xffff;
    static constexpr u32 kOffsetBits = 16;

    // The words of some frames, the innermost first, at sp + 8 * offset. Those past `count`
    // repeat the first.
    template <u32 kRoom>
    struct Part {
        static constexpr u32 kWords = kRoom;
        u64 sp;
        u64 value[kRoom];
        std::int16_t offset[kRoom];
        u32 outer_serial;
        u16 outer;  // index of the part around it, if that has this serial still; or kNoOuter
        u8 count;
        bool used;  // since one was displaced beside it
    };
    struct alignas(64) Innermost : Part<kInnermostWords> {
        bool needs_bp;
        u32 id;
        u64 pc, bp;
    };
    static_assert(sizeof(Innermost) == 192);
    struct alignas(64) Outer : Part<kWords> {
        u32 serial;  // no two that were ever put have the same; 0: empty
        u64 hash;    // of its innermost frame and all outside it
    };
    // Where the last find() ended.
    struct Missed {
        u64 hash;
        u32 branches;
        u32* differs;  // the tag of a stack with the same hash and registers; nullptr: none
    };

    static u64 address_of(u64 sp, std::int16_t offset) {
        return sp + 8 * static_cast<u64>(i64{offset});
    }
    template <class P>
    static bool has_its_words(const P& part);
    bool is_unchanged(Innermost& innermost);
    // 0: empty. What is found by it is looked at, so it need not be unique.
    static u32 tag_of(u64 hash) { return static_cast<u32>(hash >> 32) | 1; }
    u32* set_of(u64 hash) { return tag_ + (hash & set_mask_) * kWays; }
    Innermost& stack_of(const u32* tag) { return innermost_[tag - tag_]; }

    template <class IsEmpty, class IsUsed>
    static u32 displaced_way(IsEmpty is_empty, IsUsed is_used);
    u32& displaced_in(u32* set);
    static Outer& displaced_in(Outer* set);
    void put(u32& tag, const Innermost& stack, u64 hash);
    void put(Outer& to, const Outer& part);
    bool comes_again(const FrameCache& frames);
    bool put_parts(const FrameCache& frames, Innermost& innermost);
    void put_outer(const Outer& part, Innermost& inside);
    void put_branch(const FrameCache& frames);
    template <class P>
    bool differs_in(const P& part, const FrameCache& frames, u32& word);
    void branch_at(u64 value, const FrameCache& frames, u32 word);
    void grow_if_crowded();

    u64 generation_;  // of the rules that led to all that is kept
    u64 seed_;
    u64 set_mask_;
    u32 last_serial_;
    u32 displaced_;  // stacks, since the table last grew
    Missed missed_;
    u16 once_[kOnce];             // of stacks that were met once; all that an idle thread has
    u64 branch_[kBranchSets][2];  // a hash's upper bits | offset
    u32 tag_[kMostStacks];        // kWays of a set side by side, as below
    Innermost innermost_[kMostStacks];
    Outer outer_[kMostOuterParts];
};

// In one group, without a branch: it is as fast as its loads.
template <class P>
[[gnu::always_inline]] inline bool RecentStacks::has_its_words(const P& part) {
    u64 changed = 0;
#pragma GCC unroll 14
    for (u32 i = 0; i < P::kWords; ++i) {
        changed |= word_at(address_of(part.sp, part.offset[i])) ^ part.value[i];
    }
    return changed == 0;
}

inline bool RecentStacks::is_unchanged(Innermost& innermost) {
    if (!has_its_words(innermost)) return false;
    innermost.used = true;
    u32 serial = innermost.outer_serial;
    for (u32 at = innermost.outer; at != kNoOuter;) {
        Outer& part = outer_[at];
        if (part.serial != serial || !has_its_words(part)) return false;
        part.used = true;
        serial = part.outer_serial;
        at = part.outer;
    }
    return true;
}

inline u32 RecentStacks::find(const Window& own, const machine::Registers& at, u64 seed) {
    const u64 generation = __atomic_load_n(&rules_generation, __ATOMIC_ACQUIRE);
    if (__builtin_expect(generation != generation_ || seed != seed_, 0)) {
        forget();
        generation_ = generation;
        seed_ = seed;
    }
    u64 hash = chain_hash(at.sp << 20, at.pc);
    u32 branches = 0;
    for (; branches < kMostBranches; ++branches) {
        const u64* pair = branch_[hash & (kBranchSets - 1)];
        const u64 branch = (pair[0] ^ hash) >> kOffsetBits == 0 ? pair[0] : pair[1];
        if ((branch ^ hash) >> kOffsetBits != 0) break;
        const u64 address = address_of(at.sp, static_cast<std::int16_t>(branch));
        if (address < own.low || address >= own.high) break;
        hash = chain_hash(hash, word_at(address));
    }
    missed_ = {hash, branches, nullptr};
    u32* set = set_of(hash);
    for (u32 way = 0; way < kWays; ++way) {
        if (set[way] != tag_of(hash)) continue;
        Innermost& kept = stack_of(set + way);
        if (kept.pc != at.pc || kept.sp != at.sp || (kept.needs_bp && kept.bp != at.bp)) continue;
        if (is_unchanged(kept)) return kept.id;
        missed_.differs = set + way;
    }
    return 0;
}

}  // namespace mt::runtime::stack

#endif
