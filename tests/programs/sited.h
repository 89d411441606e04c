// SPDX-License-Identifier: MIT
//
// What the programs share whose blocks are known by the places that ask for them: a list of what
// each source line's blocks are. In C and in C++.
#ifndef MEMTRACE_TESTS_PROGRAMS_SITED_H
#define MEMTRACE_TESTS_PROGRAMS_SITED_H

#include <stdio.h>
#include <stdlib.h>

static FILE* list;

// The types of the blocks of the next line, between bars; an empty one: it may be unknown.
static void expect(int line, const char* types) { fprintf(list, "%d|%s\n", line + 1, types); }
#define EXPECT(types) expect(__LINE__, types)

// Others could look at it, so nothing that is kept is left out.
static __attribute__((noinline)) void keep(const void* block) {
    __asm__ volatile("" : : "r"(block) : "memory");
}

#ifdef __cplusplus
extern "C"
#endif
    __attribute__((noinline)) void
    typed_done(void) {
    __asm__ volatile("nop" : : : "memory");
}

#endif
