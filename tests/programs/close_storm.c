/* SPDX-License-Identifier: MIT
 *
 * Threads open, use and close two libraries as fast as they can. After each close
 * the runtime asks which modules are gone; it once looked into the link map of
 * one that another thread was closing at that moment, and crashed the program. */
#include <dlfcn.h>
#include <memtrace.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "watchdog.h"

enum { THREADS = 4 };

static void* open_and_close(void* library) {
    for (long rounds = storm(400, 10000); rounds > 0; --rounds) {
        void* handle = dlopen(library, RTLD_NOW);
        if (handle == NULL) abort();
        void* (*allocate)(size_t);
        *(void**)&allocate = dlsym(handle, "allocate");
        free(allocate(100));
        dlclose(handle);
    }
    return NULL;
}

int main(int argc, char** argv) {
    pthread_t threads[THREADS];
    if (argc < 3 || memtrace_start(32) != 0) return 2;
    for (int i = 0; i < THREADS; ++i) {
        pthread_create(&threads[i], NULL, open_and_close, argv[1 + i % 2]);
    }
    for (int i = 0; i < THREADS; ++i) pthread_join(threads[i], NULL);
    raise(SIGSTOP);
    return 0;
}
