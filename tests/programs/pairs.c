/* SPDX-License-Identifier: MIT
 *
 * malloc and free in a loop below a given call depth, for timing one event:
 * pairs PAIRS DEPTH prints nanoseconds per pair. */
#define _POSIX_C_SOURCE 199309L
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static void* volatile sink;

__attribute__((noinline)) static void loop(long pairs) {
    for (long i = 0; i < pairs; ++i) {
        sink = malloc(64);
        free(sink);
    }
}
__attribute__((noinline)) static void deeper(int depth, long pairs) {
    if (depth <= 0) {
        loop(pairs);
    } else {
        deeper(depth - 1, pairs);
    }
    __asm__ volatile("" ::: "memory");
}

int main(int argc, char** argv) {
    if (argc < 3) return 2;
    const long pairs = atol(argv[1]);
    struct timespec from, to;
    deeper(atoi(argv[2]), pairs / 10); /* warm */
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
    deeper(atoi(argv[2]), pairs);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
    printf("%.1f\n",
           ((double)(to.tv_sec - from.tv_sec) * 1e9 + (double)(to.tv_nsec - from.tv_nsec)) /
               (double)pairs);
    return 0;
}
