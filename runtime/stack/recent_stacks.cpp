// SPDX-License-Identifier: MIT
#include "stack/recent_stacks.h"

namespace mt::runtime::stack {
namespace {

// False: too far away for 16 bits.
bool offset_from(u64 sp, u64 address, std::int16_t& offset) {
    const i64 words = static_cast<i64>(address - sp) / 8;
    offset = static_cast<std::int16_t>(words);
    return offset == words;
}

// Of the same frames, with the same ones around them?
template <class P>
bool is_same(const P& a, const P& b) {
    u64 differences = (a.hash ^ b.hash) | (a.sp ^ b.sp) | (u64{a.outer} ^ u64{b.outer}) |
                      (u64{a.outer_serial} ^ u64{b.outer_serial});
    for (u32 i = 0; i < P::kWords; ++i) {
        differences |= (a.value[i] ^ b.value[i]) | static_cast<u64>(a.offset[i] ^ b.offset[i]);
    }
    return differences == 0;
}

}  // namespace

void RecentStacks::forget() {
    // What is empty is not written to: its pages stay untouched.
    for (u32& tag : tag_) {
        if (tag != 0) tag = 0;
    }
    for (Outer& part : outer_) {
        if (part.serial != 0) part.serial = 0;
    }
    if (set_mask_ == 0) set_mask_ = kFewestSets - 1;
}

// Which of a set is to be displaced: it is empty, or has not been used for about the longest.
// `is_used(way)` is the flag itself.
template <class IsEmpty, class IsUsed>
u32 RecentStacks::displaced_way(IsEmpty is_empty, IsUsed is_used) {
    for (u32 way = 0; way < kWays; ++way) {
        if (is_empty(way)) return way;
    }
    for (u32 way = 0; way < kWays; ++way) {
        if (!is_used(way)) return way;
    }
    for (u32 way = 0; way < kWays; ++way) is_used(way) = false;
    return 0;
}
u32& RecentStacks::displaced_in(u32* set) {
    return set[displaced_way([set](u32 way) { return set[way] == 0; },
                             [this, set](u32 way) -> bool& { return stack_of(set + way).used; })];
}
RecentStacks::Outer& RecentStacks::displaced_in(Outer* set) {
    return set[displaced_way([set](u32 way) { return set[way].serial == 0; },
                             [set](u32 way) -> bool& { return set[way].used; })];
}

// Neither is found by anybody until it is whole.
void RecentStacks::put(u32& tag, const Innermost& stack, u64 hash) {
    displaced_ += tag != 0;
    tag = 0;
    keep_order();
    Innermost& to = stack_of(&tag);
    to = stack;
    to.used = true;
    keep_order();
    tag = tag_of(hash);
}
void RecentStacks::put(Outer& to, const Outer& part) {
    if (last_serial_ == UINT32_MAX) {  // none is given twice
        forget();
        last_serial_ = 0;
    }
    to.serial = 0;
    keep_order();
    to = part;
    to.used = true;
    keep_order();
    to.serial = ++last_serial_;
}

// Was it met before, as far as that is known? Noted if not.
bool RecentStacks::comes_again(const FrameCache& frames) {
    const u64 hash = frames.chain(frames.frames() - 1);
    u16& mark = once_[hash & (kOnce - 1)];
    const u16 before = mark;
    mark = static_cast<u16>(hash >> 48);
    return before == mark;
}

// The part becomes the one around `inside`, whose link has held that of the part around it.
void RecentStacks::put_outer(const Outer& part, Innermost& inside) {
    const u64 number = chain_hash(part.sp, part.hash) & set_mask_ / kSetsPerOuterSet;
    Outer* set = outer_ + number * kWays;
    Outer* kept = nullptr;
    for (u32 way = 0; way < kWays && kept == nullptr; ++way) {
        if (set[way].serial != 0 && is_same(set[way], part)) kept = &set[way];
    }
    if (kept == nullptr) {
        kept = &displaced_in(set);
        put(*kept, part);
    }
    kept->used = true;
    inside.outer = static_cast<u16>(kept - outer_);
    inside.outer_serial = kept->serial;
}

// The words of the frames from `begin` on, as far as `end`. False: they are too far apart.
template <class P>
bool take_words(const FrameCache& frames, u32 begin, u32 end, P& part) {
    const u32 first = begin > 0 ? frames.words_to(begin - 1) : 0;
    const u32 count = frames.words_to(end - 1) - first;
    if (count == 0) return false;
    part.sp = frames.registers(end - 1).sp;
    part.count = static_cast<u8>(count);
    for (u32 i = 0; i < P::kWords; ++i) {
        const u32 word = first + count - 1 - (i < count ? i : 0);
        if (!offset_from(part.sp, frames.address(word), part.offset[i])) return false;
        part.value[i] = frames.value(word);
    }
    return true;
}

// Cut from the outermost frame inwards, so that where a part ends depends on nothing inside.
bool RecentStacks::put_parts(const FrameCache& frames, Innermost& innermost) {
    innermost.outer = kNoOuter;
    u32 ends[kMostParts];
    u32 parts = 0;
    for (u32 end = 0, first = 0; end < frames.frames(); ++parts) {
        const u32 begin = end;
        while (end < frames.frames() && frames.words_to(end) - first <= kWords) ++end;
        if (end == begin || parts == kMostParts) return false;
        first = frames.words_to(end - 1);
        ends[parts] = end;
    }
    u32 begin = 0;
    for (u32 i = 0; i + 2 < parts; begin = ends[i++]) {
        Outer part{};
        if (!take_words(frames, begin, ends[i], part)) return false;
        part.outer = innermost.outer;
        part.outer_serial = innermost.outer_serial;
        part.hash = frames.chain(ends[i] - 1);
        put_outer(part, innermost);
    }
    return take_words(frames, begin, frames.frames(), innermost);
}

// The stack that came through the same registers goes one branch further, by its value of
// the word.
void RecentStacks::branch_at(u64 value, const FrameCache& frames, u32 word) {
    const u64 hash = missed_.hash;
    std::int16_t offset;
    if (!offset_from(stack_of(missed_.differs).sp, frames.address(word), offset)) return;
    u64* pair = branch_[hash & (kBranchSets - 1)];
    pair[1] = pair[0];
    pair[0] = hash >> kOffsetBits << kOffsetBits | static_cast<u16>(offset);
    const Innermost moved = stack_of(missed_.differs);
    *missed_.differs = 0;
    missed_.differs = nullptr;
    const u64 leads_on = chain_hash(hash, value);
    put(displaced_in(set_of(leads_on)), moved, leads_on);
    missed_.hash = chain_hash(hash, frames.value(word));
}

// `word` counts on inwards to outwards. True: that is the end of it.
template <class P>
bool RecentStacks::differs_in(const P& part, const FrameCache& frames, u32& word) {
    for (u32 i = 0; i < part.count && word > 0; ++i) {
        --word;
        if (address_of(part.sp, part.offset[i]) != frames.address(word)) return true;
        if (part.value[i] == frames.value(word)) continue;
        branch_at(part.value[i], frames, word);
        return true;
    }
    return word == 0;
}

// At the first word in which the two differ: inside it they went the same way, so it stands
// for the same in both.
void RecentStacks::put_branch(const FrameCache& frames) {
    if (missed_.differs == nullptr || missed_.branches == kMostBranches) return;
    const Innermost& other = stack_of(missed_.differs);
    u32 word = frames.words_to(frames.frames() - 1);
    u32 at = other.outer;
    u32 serial = other.outer_serial;
    if (differs_in(other, frames, word)) return;
    while (at != kNoOuter && outer_[at].serial == serial) {
        const Outer& part = outer_[at];
        if (differs_in(part, frames, word)) return;
        at = part.outer;
        serial = part.outer_serial;
    }
}

void RecentStacks::grow_if_crowded() {
    const u64 sets = set_mask_ + 1;
    if (displaced_ < 2 * sets || sets == kMostSets) return;
    forget();
    missed_.differs = nullptr;
    displaced_ = 0;
    set_mask_ = sets * 4 - 1;
}

void RecentStacks::keep(const FrameCache& frames, u32 id) {
    if (frames.is_cut() || frames.is_outside_objects()) return;
    if (!comes_again(frames)) return;
    grow_if_crowded();
    const u32 innermost = frames.frames() - 1;
    Innermost stack{};
    if (!put_parts(frames, stack)) return;
    stack.pc = frames.registers(innermost).pc;
    stack.bp = frames.registers(innermost).bp;
    stack.needs_bp = frames.needs_bp(innermost);
    stack.id = id;
    put_branch(frames);
    u32& tag = missed_.differs != nullptr ? *missed_.differs : displaced_in(set_of(missed_.hash));
    put(tag, stack, missed_.hash);
}

}  // namespace mt::runtime::stack
