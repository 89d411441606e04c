// SPDX-License-Identifier: MIT
//
// Rules that were derived once, for the whole process: a walk costs some
// nanoseconds per frame instead of hundreds. Lock-free: address and rule stand
// in one word, so every race is harmless.
//
// "No unwind information" is remembered, too. What can end it:
//   a library is closed    dlclose has a wrapper, which forgets all rules
//   one takes its place    seen when a frame in it is first met (table/modules.h)
//   one is opened where there was none, say where a JIT's code was unmapped: asked of the
//                          loader (_dl_find_object, no lock, no system call) whenever such a
//                          frame is stepped through; frames that are only compared with the
//                          last stack's (frame_cache.h) are the same call still
// Code that a JIT overwrites stays code without information. Tests: Undescribed.* in
// stack_undescribed_test.
#ifndef MEMTRACE_STACK_RULE_CACHE_H
#define MEMTRACE_STACK_RULE_CACHE_H

#include "stack/rule.h"

namespace mt::runtime::stack {

// 512 KiB, touched as far as it is used: sets of two words. Set and tag together
// are the whole address, so a hit is exact. A set is for 8 bytes of code,
// in which two calls end at most, and the next one for the 8 bytes after them:
// code that runs together has its rules together.
inline constexpr u64 kRuleSets = 32768;
inline constexpr u64 kRuleSetBits = 15;
inline constexpr u64 kRuleCodeBits = 3;
inline constexpr u64 kRuleWays = 2;
static_assert(kRuleSets == 1u << kRuleSetBits && machine::kAddressBits - kRuleSetBits <= 32);
extern __attribute__((visibility("hidden"))) u64 rule_words[kRuleSets * kRuleWays];

inline u64* rule_set(u64 pc) {
    const u64 piece = pc >> kRuleCodeBits;
    return rule_words + ((piece ^ piece >> kRuleSetBits) & (kRuleSets - 1)) * kRuleWays;
}
inline u64 rule_tag(u64 pc) {
    constexpr u64 kInPiece = (1u << kRuleCodeBits) - 1;
    return pc >> (kRuleCodeBits + kRuleSetBits) << kRuleCodeBits | (pc & kInPiece);
}

// What is remembered of `pc`; kind none: nothing. Async-signal-safe.
inline Rule remembered_rule(u64 pc) {
    const u64* set = rule_set(pc);
    const u64 tag = rule_tag(pc);
    const u64 first = __atomic_load_n(&set[0], __ATOMIC_RELAXED);
    if (__builtin_expect(first >> 32 == tag, 1)) return Rule(static_cast<u32>(first));
    const u64 second = __atomic_load_n(&set[1], __ATOMIC_RELAXED);
    return second >> 32 == tag ? Rule(static_cast<u32>(second)) : Rule();
}

// derive(), remembered. Async-signal-safe, thread-safe. For an address outside all objects it
// asks the loader each time whether one is there now; if so, all rules are forgotten.
Rule find_rule(u64 pc);
// Is what remembered_rule() gave all that there is to know? Else ask find_rule().
inline bool is_settled(Rule rule) { return rule.kind() > RuleKind::no_cfi; }

void remember_rule(u64 pc, Rule rule);

// What an address means has changed: a library was closed, or another one is
// where one was, or where none was. Code that runs stays mapped, so no walk that is under way can
// put a rule of the old meaning back.
void forget_rules();
// Counts the calls of forget_rules(): whoever keeps what rules led to compares.
extern __attribute__((visibility("hidden"))) u64 rules_generation;

}  // namespace mt::runtime::stack

#endif
