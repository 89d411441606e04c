// SPDX-License-Identifier: MIT
#include "stack/rule_cache.h"

#include "stack/derive.h"
#include "stack/objects.h"
#include "stack/window.h"

namespace mt::runtime::stack {

alignas(64) u64 rule_words[kRuleSets * kRuleWays];
u64 rules_generation = 0;

namespace {

constexpr u32 kBelieved = 256;  // how often a "no" outside all objects is taken for true

bool is_call_before(u64 pc) {
    const u64 first = pc - machine::kLongestCall;
    const bool is_one_page = first / machine::kPage == (pc - 1) / machine::kPage;
    return is_readable(first) && (is_one_page || is_readable(pc - 1)) &&
           machine::ends_with_call(reinterpret_cast<const u8*>(pc));
}

}  // namespace

Rule find_rule(u64 pc) {
    const Rule known = remembered_rule(pc);
    const bool is_outdated = known.is_outside_objects() && is_in_object(pc - 1);
    if (known.kind() != RuleKind::none && !is_outdated) return known;
    if (is_outdated) forget_rules();
    const Rule rule = derive(pc).with(is_outdated ? AfterCall::unknown : known.after_call());
    remember_rule(pc, rule);
    return rule;
}

void remember_rule(u64 pc, Rule rule) {
    u64* set = rule_set(pc);
    const u64 word = rule_tag(pc) << 32 | rule.bits();
    const u64 first = __atomic_load_n(&set[0], __ATOMIC_RELAXED);
    const bool is_second = __atomic_load_n(&set[1], __ATOMIC_RELAXED) >> 32 == word >> 32;
    if (is_second) return __atomic_store_n(&set[1], word, __ATOMIC_RELAXED);
    if (first >> 32 != word >> 32) __atomic_store_n(&set[1], first, __ATOMIC_RELAXED);
    __atomic_store_n(&set[0], word, __ATOMIC_RELAXED);
}

// Looks for no rule, which would take more stack: an answer may be remembered of an address
// before its rule is.
bool follows_a_call(u64 pc) {
    const Rule rule = remembered_rule(pc);
    if (rule.after_call() == AfterCall::yes) return true;
    const bool is_lasting = !rule.may_get_code();
    if (rule.after_call() == AfterCall::no && (is_lasting || rule.words() < kBelieved)) {
        if (!is_lasting) remember_rule(pc, rule.believed_again());
        return false;
    }
    const bool answer = is_call_before(pc);
    const Rule asked = is_lasting ? rule : rule.asked_again();
    remember_rule(pc, asked.with(answer ? AfterCall::yes : AfterCall::no));
    return answer;
}

void forget_rules() {
    for (u64& word : rule_words) __atomic_store_n(&word, 0, __ATOMIC_RELAXED);
    __atomic_fetch_add(&rules_generation, 1, __ATOMIC_ACQ_REL);
}

}  // namespace mt::runtime::stack
