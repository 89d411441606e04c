// SPDX-License-Identifier: MIT
//
// Rules that were derived once, for the whole process: a walk costs some
// nanoseconds per frame instead of hundreds. Lock-free: address and rule stand
// in one word, so every race is harmless.
#ifndef MEMTRACE_STACK_RULE_CACHE_H
#define MEMTRACE_STACK_RULE_CACHE_H

#include "stack/cfi.h"

namespace mt::runtime::stack {

// derive(), remembered. Async-signal-safe, thread-safe.
Rule find_rule(u64 pc);

// What an address means has changed: a library was closed, or another one is
// where one was. Code that runs stays mapped, so no walk that is under way can
// put a rule of the old meaning back.
void forget_rules();

}  // namespace mt::runtime::stack

#endif
