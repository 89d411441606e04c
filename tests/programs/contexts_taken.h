/* SPDX-License-Identifier: MIT
 *
 * What contexts_taken.c and its test tell each other. */
#ifndef MEMTRACE_TESTS_PROGRAMS_CONTEXTS_TAKEN_H
#define MEMTRACE_TESTS_PROGRAMS_CONTEXTS_TAKEN_H

struct shared {
    int step; /* by the test: 1 the first may allocate, 2 it is held, 3 all may end */
    int is_ready;
    int ended, first, second; /* thread ids */
    int first_done, second_done;
};

#endif
