/* SPDX-License-Identifier: MIT
 *
 * Monitoring scope: a block from before the start is in no report, and freeing
 * it later changes nothing. */
#include "lesson.h"

MARKER(lesson_ready)
MARKER(lesson_allocated)
MARKER(lesson_freed)

static void* older;
static void* younger;

static void allocate_older(void) { older = malloc(1000); }
static void allocate_younger(void) { younger = malloc(24); }

int main(int argc, char** argv) {
    lesson_begin(argc, argv);
    allocate_older();
    lesson_ready();
    allocate_younger();
    lesson_allocated();
    free(older);
    lesson_freed();
    free(younger);
    return 0;
}
