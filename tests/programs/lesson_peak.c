/* SPDX-License-Identifier: MIT
 *
 * Peak: a function allocates 8 bytes and frees them. Nothing is left, yet the
 * peak says what was there, and which line it came from. */
#include "lesson.h"

MARKER(lesson_ready)
MARKER(lesson_done)

static void brief_use(void) {
    char* block = malloc(8);
    block[0] = 1;
    free(block);
}

int main(int argc, char** argv) {
    lesson_begin(argc, argv);
    lesson_ready();
    brief_use();
    lesson_done();
    return 0;
}
