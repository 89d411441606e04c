// SPDX-License-Identifier: MIT
//
// From a return address to the rule that leads to its caller's frame. Remembers
// nothing: see rule_cache.h.
#ifndef MEMTRACE_STACK_DERIVE_H
#define MEMTRACE_STACK_DERIVE_H

#include "stack/rule.h"

namespace mt::runtime::stack {

// The rule that holds right before `pc`, a return address.
Rule derive(u64 pc);
// The same for kind complex: the whole row, and where its expressions are.
// `followed`: see find_row().
bool derive_row(u64 pc, u64 followed, Row& row, Span& table);

}  // namespace mt::runtime::stack

#endif
