// SPDX-License-Identifier: MIT
//
// Where a build for tests looks over the shoulder of the capture (tests/compare).
// In what is shipped there is nothing here: the call is empty and costs nothing.
#ifndef MEMTRACE_RECORD_COMPARE_H
#define MEMTRACE_RECORD_COMPARE_H

#include "stack/walker.h"

namespace mt::runtime {

struct Caller;

#ifdef MEMTRACE_COMPARE
inline constexpr bool kCompares = true;
// After each capture, inside the event. `pcs`: what the depot gets, innermost
// first; `reused`: part of it was taken from an earlier capture.
void compare_stack(const abi::u64* pcs, abi::u32 count, stack::WalkEnd end, bool reused,
                   const Caller& at);
// The same of a stack that was recalled by its id.
void compare_known(abi::u32 id, const Caller& at);
#else
inline constexpr bool kCompares = false;
inline void compare_known(abi::u32, const Caller&) {}
inline void compare_stack(const abi::u64*, abi::u32, stack::WalkEnd, bool, const Caller&) {}
#endif

}  // namespace mt::runtime

#endif
