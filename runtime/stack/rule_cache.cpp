// SPDX-License-Identifier: MIT
#include "stack/rule_cache.h"

namespace mt::runtime::stack {
namespace {

// 512 KiB, touched as far as it is used. 32768 sets of two words. Set and tag together are the
// whole 47-bit address.
constexpr u64 kSets = 32768;
constexpr u64 kSetBits = 15;
constexpr u64 kWays = 2;

alignas(64) u64 cache[kSets * kWays];

u64 set_of(u64 pc) { return (pc ^ pc >> kSetBits) & (kSets - 1); }
u64 tag_of(u64 pc) { return pc >> kSetBits << 32; }
bool is_of(u64 word, u64 pc) {
    return (word >> 32 << 32) == tag_of(pc) && (word & 0xffffffff) != 0;
}

}  // namespace

Rule find_rule(u64 pc) {
    u64* set = cache + set_of(pc) * kWays;
    for (u64 way = 0; way < kWays; ++way) {
        const u64 word = __atomic_load_n(&set[way], __ATOMIC_RELAXED);
        if (is_of(word, pc)) return Rule(static_cast<u32>(word));
    }
    const Rule rule = derive(pc);
    // A JIT may describe its code later, so "nothing is known" does not last.
    if (rule.kind() == RuleKind::no_cfi) return rule;
    __atomic_store_n(&set[1], __atomic_load_n(&set[0], __ATOMIC_RELAXED), __ATOMIC_RELAXED);
    __atomic_store_n(&set[0], tag_of(pc) | rule.bits(), __ATOMIC_RELAXED);
    return rule;
}

void forget_rules() {
    for (u64& word : cache) __atomic_store_n(&word, 0, __ATOMIC_RELAXED);
}

}  // namespace mt::runtime::stack
