/* SPDX-License-Identifier: MIT
 *
 * One event between two traps, to be single-stepped by a test that reads the
 * table at every instruction. Arguments: which event; "sampled", to trace with a
 * sample that takes every block. */
#include <memtrace.h>
#include <stdlib.h>
#include <string.h>

static void* volatile kept[64];

static void trap(void) { __asm__ volatile("int3" ::: "memory"); }

int main(int argc, char** argv) {
    const char* which = argc > 1 ? argv[1] : "";
    const int sampled = argc > 2 && strcmp(argv[2], "sampled") == 0;
    if ((sampled ? memtrace_start_sampled(32, 1) : memtrace_start(32)) != 0) return 4;
    const int again = strcmp(which, "malloc-again") == 0;
    for (int i = 0; i < 12 + again; ++i) {
        if (i == 12) trap();
        kept[i] = malloc(100 + (size_t)i); /* fills a line of its page */
        if (i == 12) return trap(), 0;
    }
    kept[20] = malloc(5000);
    free(kept[20]); /* a peak that lies above what is live now */
    kept[21] = malloc(40);
    if (strcmp(which, "peak-free") == 0) kept[22] = malloc(9000); /* live is the peak */
    if (strcmp(which, "peak-up") == 0) kept[22] = malloc(6000);
    if (strcmp(which, "free-again") == 0) free(kept[4]);
    trap();
    if (strcmp(which, "free-again") == 0) free(kept[3]);
    if (strcmp(which, "malloc") == 0) kept[30] = malloc(24);
    if (strcmp(which, "peak-up") == 0) kept[30] = malloc(7000);
    if (strcmp(which, "free") == 0) free(kept[3]);
    if (strcmp(which, "peak-free") == 0) free(kept[22]);
    if (strcmp(which, "realloc-moves") == 0) kept[21] = realloc(kept[21], 4000);
    if (strcmp(which, "realloc-stays") == 0) kept[21] = realloc(kept[21], 39);
    if (strcmp(which, "realloc-fails") == 0 && realloc(kept[21], (size_t)-1 / 2) != 0) return 5;
    if (strcmp(which, "realloc-frees") == 0 && realloc(kept[21], 0) != 0) return 6;
    trap();
    return 0;
}
