/* SPDX-License-Identifier: MIT
 *
 * Restart: a second start while tracing keeps every trace. Two blocks from one
 * line, the start between them: one entry with count=2. */
#include "lesson.h"

MARKER(lesson_ready)
MARKER(lesson_one)
MARKER(lesson_two)

static void* blocks[2];

static void allocate(int i) { blocks[i] = malloc(40); }

int main(int argc, char** argv) {
    lesson_begin(argc, argv);
    for (int i = 0; i < 3; ++i) {
        if (i == 0) lesson_ready();
        if (i == 1) lesson_one();
        if (i == 2) lesson_two();
        if (i < 2) allocate(i);
    }
    free(blocks[0]);
    free(blocks[1]);
    return 0;
}
