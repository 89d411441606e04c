/* SPDX-License-Identifier: MIT
 *
 * A plugin of closed_plugins.c: a function that was inlined into another one. */
#include <stdlib.h>

static inline __attribute__((always_inline)) char* zeroed(size_t size) {
    char* block = calloc(1, size);
    if (block != NULL) block[0] = 1;
    return block;
}

void* make(size_t size);
void* make(size_t size) {
    char* block = zeroed(size);
    return block;
}
