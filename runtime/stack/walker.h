// SPDX-License-Identifier: MIT
//
// Walks the calling thread's stack. Allocates nothing, locks nothing, touches
// neither errno nor memory that might fault, and ends after `limit` frames
// whatever the stack holds. It knows nothing of what the frames are for.
//
// Proven in tests/unit: stack_walker_test (equal to libgcc's unwinder on every kind
// of stack, at every instruction), stack_hostile_test (no value faults; what it
// calls; how much stack it needs), stack_cfi_test (the tables), stack_objects_test.
#ifndef MEMTRACE_STACK_WALKER_H
#define MEMTRACE_STACK_WALKER_H

#include "stack/window.h"

namespace mt::runtime::stack {

enum class WalkEnd : u8 {
    complete,  // the last frame is the thread's first
    cut,       // `limit` frames are stored and there are more
    broken,    // from there on nothing says who called
};

struct Walk {
    u32 count;
    WalkEnd end;
};

// From a function that is about to return to `pc`: `sp` and `bp` are the
// registers as they will be then. Stores pc and the return addresses outwards,
// innermost first. A frame that a signal interrupted is stored as its address
// plus one, so that each stored value minus one lies in the instruction meant.
// `own` is the calling thread's window.
Walk walk(Window& own, u64 pc, u64 sp, u64 bp, u64* pcs, u32 limit);

// Is the caller, or who called it, a signal handler on a stack above the code that it
// interrupted? Told by the frames, for asking the kernel about the alternate stack is a
// call that a program's own filter may kill for. True also where they do not say.
[[gnu::noinline]] bool may_be_above_interrupted_code();

}  // namespace mt::runtime::stack

#endif
