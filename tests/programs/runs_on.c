/* SPDX-License-Identifier: MIT
 *
 * A program that is still there when the debugger has let go of it. */
#include "lesson.h"

MARKER(lesson_ready)

int main(int argc, char** argv) {
    lesson_begin(argc, argv);
    lesson_ready();
    sleep(3);
    return 0;
}
