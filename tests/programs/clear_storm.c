/* SPDX-License-Identifier: MIT
 *
 * Four threads allocate while a fifth clears, or stops and starts, as fast as it
 * can. A thread that was preempted between reading the request and obeying it
 * once put its old state over the new one: traces were lost, and the program
 * crashed in memory that had been given back. Argument: clear or restart. */
#include <memtrace.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ledger.h"
#include "watchdog.h"

enum { THREADS = 4 };
static int stop;

static void* allocate(void* argument) {
    unsigned long state = (unsigned long)(size_t)argument;
    void* kept[32] = {0};
    while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
        state = state * 6364136223846793005ul + 1442695040888963407ul;
        void** slot = &kept[state >> 59];
        free(*slot);
        *slot = malloc(1 + (state >> 33) % 300);
    }
    for (int i = 0; i < 32; ++i) free(kept[i]);
    return NULL;
}

int main(int argc, char** argv) {
    const int restarts = argc > 1 && strcmp(argv[1], "restart") == 0;
    struct ledger* book = ledger_open();
    pthread_t threads[THREADS];
    void* last[8];
    if (book == NULL || memtrace_start(32) != 0) return 2;
    for (size_t i = 0; i < THREADS; ++i) {
        pthread_create(&threads[i], NULL, allocate, (void*)(i + 1));
    }
    const long rounds = storm(4000, 200000);
    for (long i = 0; i < rounds; ++i) {
        if (restarts) {
            memtrace_stop();
            memtrace_start(32);
        } else {
            memtrace_clear_traces();
        }
        if (i % 16 == 0) usleep(50);
    }
    __atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
    for (int i = 0; i < THREADS; ++i) pthread_join(threads[i], NULL);
    memtrace_clear_traces();
    for (int i = 0; i < 8; ++i) {
        last[i] = malloc(700);
        ledger_add(book, last[i], 700);
    }
    raise(SIGSTOP);
    return 0;
}
