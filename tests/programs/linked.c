/* SPDX-License-Identifier: MIT
 *
 * A program that links the runtime instead of having it preloaded, without a
 * single call to it: `mt start` before `run` and `mt status` work all the same. */
#include <stdlib.h>

#include "lesson.h"

MARKER(linked_ready)
MARKER(linked_done)

static void* block;

static void allocate(void) { block = malloc(321); }

int main(int argc, char** argv) {
    lesson_begin(argc, argv);
    linked_ready();
    allocate();
    linked_done();
    free(block);
    return 0;
}
