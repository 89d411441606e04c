/* SPDX-License-Identifier: MIT
 *
 * 64 libraries with thread-local memory are opened while eight threads allocate, and each
 * thread touches its own copy of every one: libc then grows the thread's vector and
 * allocates the block, inside __tls_get_addr. Arguments: a library to be copied, and a
 * folder for the copies. */
#include <dlfcn.h>
#include <fcntl.h>
#include <memtrace.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ledger.h"

enum { LIBRARIES = 64, THREADS = 8 };
typedef long (*user)(long);
static user opened[LIBRARIES];
static struct ledger* book;

static void copy(const char* from, const char* to) {
    char bytes[65536];
    ssize_t got;
    const int in = open(from, O_RDONLY), out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0700);
    while ((got = read(in, bytes, sizeof bytes)) > 0) {
        if (write(out, bytes, (size_t)got) != got) _exit(4);
    }
    close(in);
    if (got < 0 || close(out) != 0) _exit(4);
}

static void* allocate(void* argument) {
    const unsigned number = (unsigned)(size_t)argument;
    void* block = NULL;
    for (unsigned library = 0; library < LIBRARIES; ++library) {
        user use;
        while ((use = __atomic_load_n(&opened[library], __ATOMIC_ACQUIRE)) == NULL) {
            for (int i = 0; i < 20; ++i) block = realloc(block, 100 + (size_t)i * 10);
        }
        if (use((long)number) != 1) _exit(5); /* its own copy, and zero before */
        const size_t size = LEDGER_OWN + number * LIBRARIES + library;
        void* kept = malloc(size);
        ledger_add(book, kept, size);
    }
    free(block);
    return NULL;
}

int main(int argc, char** argv) {
    pthread_t threads[THREADS];
    char path[4096];
    book = ledger_open();
    if (book == NULL || argc < 3 || memtrace_start(32) != 0) return 2;
    for (size_t i = 0; i < THREADS; ++i) pthread_create(&threads[i], NULL, allocate, (void*)i);
    for (int i = 0; i < LIBRARIES; ++i) {
        snprintf(path, sizeof path, "%s/copy%d.so", argv[2], i);
        copy(argv[1], path);
        void* handle = dlopen(path, RTLD_NOW);
        void* symbol = handle != NULL ? dlsym(handle, "thread_local_use") : NULL;
        if (symbol == NULL) _exit(3);
        __atomic_store_n((void**)&opened[i], symbol, __ATOMIC_RELEASE);
    }
    for (int i = 0; i < THREADS; ++i) pthread_join(threads[i], NULL);
    raise(SIGSTOP);
    return 0;
}
