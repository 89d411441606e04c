/* SPDX-License-Identifier: MIT
 *
 * A program that ends without a stop on the way out; its blocks end with it. */
#include "lesson.h"

MARKER(exits_ready)

int main(int argc, char** argv) {
    void* block;
    lesson_begin(argc, argv);
    exits_ready();
    block = malloc(77);
    return block == NULL;
}
