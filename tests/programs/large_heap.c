/* SPDX-License-Identifier: MIT
 *
 * Five million live blocks under a hundred thousand tracebacks of 32 frames: what
 * a report on a large program must bear. Each bit of a path number is one of two
 * call sites, so every path is a traceback. */
#include <stdlib.h>

enum { DEPTH = 31, PATHS = 100000, BLOCKS = 50 };
static void* volatile last;

__attribute__((noinline)) static void walk(unsigned path, int depth) {
    if (depth == 1) {
        last = malloc(16 + path % 48);
    } else if ((path >> (depth % 17) & 1) != 0) {
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
