// SPDX-License-Identifier: MIT
//
// Evaluates a DWARF expression of an unwind table over the registers that a
// walk knows. Bounded in steps, in depth and in memory: it loads from the
// stack's view only.
#ifndef MEMTRACE_STACK_EXPRESSION_H
#define MEMTRACE_STACK_EXPRESSION_H

#include "stack/bytes.h"
#include "stack/frame.h"

namespace mt::runtime::stack {

// `place` is the address of the length that the expression's bytes follow.
// `given` is on the evaluation's stack at its begin, unless nullptr.
bool evaluate(Span table, u64 place, const Frame& frame, View& view, const u64* given, u64& result);

}  // namespace mt::runtime::stack

#endif
