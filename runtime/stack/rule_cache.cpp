// SPDX-License-Identifier: MIT
#include "stack/rule_cache.h"

#include "stack/derive.h"

namespace mt::runtime::stack {

alignas(64) u64 rule_words[kRuleSets * kRuleWays];
u64 rules_generation = 0;

Rule find_rule(u64 pc) {
    const Rule known = remembered_rule(pc);
    if (known.kind() != RuleKind::none) return known;
    const Rule rule = derive(pc);
    // A JIT may describe its code later, so "nothing is known" does not last.
    if (rule.kind() == RuleKind::no_cfi) return rule;
    u64* set = rule_set(pc);
    __atomic_store_n(&set[1], __atomic_load_n(&set[0], __ATOMIC_RELAXED), __ATOMIC_RELAXED);
    __atomic_store_n(&set[0], rule_tag(pc) << 32 | rule.bits(), __ATOMIC_RELAXED);
    return rule;
}

void forget_rules() {
    for (u64& word : rule_words) __atomic_store_n(&word, 0, __ATOMIC_RELAXED);
    __atomic_fetch_add(&rules_generation, 1, __ATOMIC_ACQ_REL);
}

}  // namespace mt::runtime::stack
