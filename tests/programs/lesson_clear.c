/* SPDX-License-Identifier: MIT
 *
 * Clear: it forgets the blocks that are there. What comes afterwards shows, and
 * freeing a forgotten block changes nothing. */
#include "lesson.h"

MARKER(lesson_ready)
MARKER(lesson_first)
MARKER(lesson_second)
MARKER(lesson_freed)

static void* forgotten;
static void* remembered;

static void allocate_first(void) { forgotten = malloc(2048); }
static void allocate_second(void) { remembered = malloc(64); }

int main(int argc, char** argv) {
    lesson_begin(argc, argv);
    lesson_ready();
    allocate_first();
    lesson_first();
    allocate_second();
    lesson_second();
    free(forgotten);
    lesson_freed();
    free(remembered);
    return 0;
}
