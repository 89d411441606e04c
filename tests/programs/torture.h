// SPDX-License-Identifier: MIT
//
// Parts of the program `torture`. Each part makes stacks of one kind, allocates
// on them, and ends the program with one line when its own check fails.
#ifndef MEMTRACE_TESTS_PROGRAMS_TORTURE_H
#define MEMTRACE_TESTS_PROGRAMS_TORTURE_H

namespace torture {

using Action = void (*)();

// One block, filled, moved, and freed again.
void allocate();
// One call, so that the next one can be from the very same stack.
void allocate_once();
// allocate() by way of a few frames.
void allocate_deeper();
unsigned long allocations();

[[noreturn]] void fail(const char* what);
inline void check(bool holds, const char* what) {
    if (!holds) fail(what);
}

void frames();       // every shape that compilers make, and depths beyond the limit
void same_frames();  // equal frames, called from two places
void undescribed();  // assembly without unwind tables, code made at run time
void exceptions();   // thrown through deep frames, jumped out of
void signals();      // at any instruction, on two stacks
void fibers();       // stacks of their own, and inside another one
void threads();      // several of the above at once
void libraries(const char* first, const char* second, const char* elsewhere);

unsigned signals_handled();
unsigned libraries_at_the_same_place();

// The shapes that do not allocate by themselves, around one call.
void in_quiet_frames(Action action);
// Frames without unwind tables around one call.
void in_undescribed_frames(Action action);

}  // namespace torture

#endif
