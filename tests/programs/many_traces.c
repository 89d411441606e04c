/* SPDX-License-Identifier: MIT
 *
 * A million live blocks under ten thousand tracebacks, for timing reports. Each
 * bit of a path number is one of two call sites, so every path is a traceback. */
#include <stdlib.h>

enum { DEPTH = 14, PATHS = 10000, BLOCKS = 100 };
static void* volatile last;

__attribute__((noinline)) static void walk(unsigned path, int depth) {
    if (depth == 0) {
        last = malloc(40 + path % 64);
    } else if ((path >> (depth - 1) & 1) != 0) {
        walk(path, depth - 1);
    } else {
        walk(path, depth - 1);
    }
    __asm__ volatile("" ::: "memory");
}

__attribute__((noinline)) void full(void) { __asm__ volatile("" ::: "memory"); }

int main(void) {
    for (int i = 0; i < BLOCKS; ++i) {
        for (unsigned path = 0; path < PATHS; ++path) walk(path, DEPTH);
    }
    full();
    return 0;
}
