/* SPDX-License-Identifier: MIT
 *
 * Allocates on stacks that are 8 bytes off what the ABI asks for, as fibers and coroutines
 * of hand-written code leave them. libc's allocator does not mind; the hooks stored
 * vectors to their frames and the program died of SIGSEGV. Each entry of the runtime is
 * called on such a stack, the thread's own and a foreign one, small and large.
 * Argument: off = tracing is off. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <malloc.h>
#include <memtrace.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ledger.h"
#include "stacks.h"

static struct ledger* book;
static const struct memtrace_functions* api;
static const char* library;

static void keep(void* block, size_t size) {
    if (block == NULL) _exit(3);
    ledger_add(book, block, size);
}

static void call_family(void* unused) {
    (void)unused;
    void* block = NULL;
    keep(malloc(LEDGER_OWN + 1), LEDGER_OWN + 1);
    keep(calloc(2, (LEDGER_OWN + 2) / 2), LEDGER_OWN + 2);
    keep(realloc(malloc(10), LEDGER_OWN + 3), LEDGER_OWN + 3);
    keep(reallocarray(malloc(10), 4, (LEDGER_OWN + 4) / 4), LEDGER_OWN + 4);
    if (posix_memalign(&block, 64, LEDGER_OWN + 5) != 0) _exit(4);
    keep(block, LEDGER_OWN + 5);
    keep(aligned_alloc(64, LEDGER_OWN + 32), LEDGER_OWN + 32);
    keep(memalign(64, LEDGER_OWN + 7), LEDGER_OWN + 7);
    keep(valloc(LEDGER_OWN + 8), LEDGER_OWN + 8);
    keep(pvalloc(LEDGER_OWN + 9), LEDGER_OWN + 9);
    free(malloc(300));
}

static void call_api(void* unused) {
    static char key;
    uint64_t a, b;
    (void)unused;
    if (api->size == 0) return;
    api->is_tracing();
    api->get_traceback_limit();
    api->get_traced_memory(&a, &b);
    api->get_tracer_memory(&a);
    api->track(7, (uintptr_t)&key, 100);
    api->touch(7, (uintptr_t)&key);
    api->untrack(7, (uintptr_t)&key);
    api->pause();
    free(malloc(200));
    api->resume();
    api->scope_end(api->scope_begin("misaligned"));
    api->reset_peak();
    void* pages = malloc(8192);
    api->pool(pages);
    free(pages);
}

static void change_requests(void* unused) {
    (void)unused;
    if (api->size == 0) return;
    api->clear_traces();
    free(malloc(100));
    api->stop();
    free(malloc(100));
    api->start_sampled(16, 4096);
    free(malloc(100));
    api->stop();
    free(malloc(100));
    api->start(32);
    free(malloc(100));
}

static void name_and_fork(void* unused) {
    (void)unused;
    prctl(PR_SET_NAME, "skewed", 0, 0, 0);
    pthread_setname_np(pthread_self(), "skewed too");
    const pid_t child = fork();
    if (child == 0) {
        free(malloc(100));
        _exit(0);
    }
    int status = -1;
    if (waitpid(child, &status, 0) != child || status != 0) _exit(6);
}

static void close_library(void* handle) { dlclose(handle); }

static void on_each_stack(void (*function)(void*), void* argument) {
    static char small[16384], large[1 << 20];
    char here[32768];
    on_stack(here, sizeof here, 8, function, argument);
    on_stack(small, sizeof small, 8, function, argument);
    on_stack(large, sizeof large, 8, function, argument);
    function(argument);
}

static void* all(void* is_off) {
    if (is_off == NULL) on_each_stack(change_requests, NULL);
    on_each_stack(call_family, NULL);
    on_each_stack(call_api, NULL);
    on_each_stack(name_and_fork, NULL);
    for (int i = 0; i < 4; ++i) {
        static char room[1 << 20];
        void* handle = dlopen(library, RTLD_NOW);
        if (handle == NULL) _exit(7);
        on_stack(room, sizeof room, 8, close_library, handle);
    }
    return NULL;
}

static void* all_in_thread(void* unused) {
    free(malloc(1)); /* while it makes a new arena libc does mind */
    all(book);
    return unused;
}

int main(int argc, char** argv) {
    const int off = argc > 2 && strcmp(argv[2], "off") == 0;
    pthread_t thread;
    book = ledger_open();
    api = memtrace_get_functions();
    if (book == NULL || argc < 2) return 2;
    library = argv[1];
    /* The first event of all, too. */
    all(off ? book : NULL);
    pthread_create(&thread, NULL, all_in_thread, NULL);
    pthread_join(thread, NULL);
    raise(SIGSTOP);
    return 0;
}
