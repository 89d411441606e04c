// SPDX-License-Identifier: MIT
//
// What the comparison found, in a file per process: the first differences with
// both stacks as they are found, and all counts when the process ends. Writes
// with system calls alone; says nothing on the program's streams.
#ifndef MEMTRACE_TESTS_COMPARE_REPORT_H
#define MEMTRACE_TESTS_COMPARE_REPORT_H

#include "reference.h"

namespace mt::compare {

#define MT_COMPARE_COUNTS(X)                                                                 \
    X(compared)                                                                              \
    X(reused)             /* part of the stack came from an earlier capture */               \
    X(interrupted)        /* a signal interrupted one of its frames */                       \
    X(left_out)           /* not compared with the reference, by MEMTRACE_COMPARE_EVERY */   \
    X(busy)               /* not compared: another thread was at it for too long */          \
    X(equal)              /* frame by frame, to the thread's first */                        \
    X(cut)                /* the innermost 256 are equal, and there are more */              \
    X(past_no_table)      /* equal where the reference is led over frames without a table */ \
    X(ends_at_no_table)   /* equal; both end at code without a table, no record leads on */  \
    X(starts_at_no_table) /* equal; that code is the thread's first frame */                 \
    X(reference_faults)   /* equal to where the reference reads at no address */             \
    X(walk_differs)       /* what was captured is not what a whole walk finds */             \
    X(unexplained)

enum class Count : u32 {
#define MT_COUNT(name) name,
    MT_COMPARE_COUNTS(MT_COUNT)
#undef MT_COUNT
};

void count(Count what);
// Call first in each comparison: a fork's child counts for itself.
void begin_counting();

struct Stack {
    const char* name;
    const u64* pcs;
    u32 count;
    u32 end;  // stack::WalkEnd or Stop
};
// Only the first few of a process are written.
void write_difference(const char* what, const Stack& ours, const Stack& other);

// One stack in how many is to be compared with the reference.
u64 compare_every();
// For the test that a difference is noticed: compare stacks that are wrong.
bool spoils_stacks();

}  // namespace mt::compare

#endif
