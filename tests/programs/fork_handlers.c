/* SPDX-License-Identifier: MIT
 *
 * Handlers of fork() that allocate in all three of its phases, registered when this is
 * loaded: preloaded behind the runtime they run before its own in the child, where its table
 * is still the parent's; in the program itself they run after it. */
#include <pthread.h>
#include <stdlib.h>

static void* volatile between;

static void prepare(void) { between = malloc(500); }
static void in_parent(void) {
    free(malloc(600));
    free(between);
}
static void in_child(void) {
    free(malloc(700));
    free(between);
}

__attribute__((constructor)) static void load(void) {
    pthread_atfork(prepare, in_parent, in_child);
}
