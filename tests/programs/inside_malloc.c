/* SPDX-License-Identifier: MIT
 *
 * Places where nothing may be called: inside malloc, where a second thread makes
 * it hold its lock (a large block: break on mmap after the marker), and in a
 * signal handler that has interrupted it there (send SIGUSR1 at that stop).
 * Commands that call nothing work there as anywhere. */
#include "lesson.h"

MARKER(inside_ready)
MARKER(inside_next)
MARKER(inside_handler)
MARKER(inside_done)

static void* small;
static void* large;

static void on_signal(int number) {
    (void)number;
    inside_handler();
}

static void allocate_small(void) { small = malloc(100); }
static void allocate_large(void) { large = malloc(4 << 20); }

int main(void) {
    char* arguments[] = {"inside_malloc", "--idle-thread", NULL};
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_signal;
    sigaction(SIGUSR1, &action, NULL);
    lesson_begin(2, arguments);
    inside_ready();
    allocate_small();
    inside_next();
    allocate_large();
    inside_done();
    free(small);
    free(large);
    return 0;
}
