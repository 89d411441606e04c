/* SPDX-License-Identifier: MIT
 *
 * Something for each condition of mt break: a heap that grows, a large request, a
 * site among others, an allocation that fails, a block that is freed, a thread. */
#include "lesson.h"

MARKER(lesson_ready)
MARKER(lesson_shrunk)
MARKER(lesson_worked)
MARKER(lesson_done)

#define ROWS 10

static char* rows[ROWS];
static char* volatile kept;
static char* volatile image;
static volatile size_t too_much = (size_t)1 << 62;

static void add_row(int i) { rows[i] = malloc(1000); }

static void grow(void) {
    for (int i = 0; i < ROWS; ++i) add_row(i);
}

static void shrink(void) {
    for (int i = 0; i < ROWS; ++i) free(rows[i]);
}

static void load_image(void) { image = malloc(1 << 20); }

static void ask_too_much(void) { free(malloc(too_much)); }

static void drop(char* block) { free(block); }

static void* work(void* unused) {
    image = realloc(image, 300);
    drop(malloc(24));
    return unused;
}

static void work_elsewhere(void) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, work, NULL) != 0) exit(1);
    pthread_join(thread, NULL);
}

int main(int argc, char** argv) {
    lesson_begin(argc, argv);
    lesson_ready();
    kept = malloc(100);
    grow();
    shrink();
    lesson_shrunk();
    grow();
    shrink();
    load_image();
    ask_too_much();
    work_elsewhere();
    lesson_worked();
    drop(kept);
    lesson_done();
    free(image);
    return 0;
}
