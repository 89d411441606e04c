/* SPDX-License-Identifier: MIT
 *
 * A program that maps nothing itself from its first trap on, so that whatever appears then is
 * the runtime's. Tracing is started there, by whoever stopped it. Arguments: how many blocks
 * and keys to make until the second trap, and what to do from there to the third: "clears",
 * "clear", "stop", "grow" (the table of tracked keys), or nothing ("first"). Keys are addresses in
 * its heap, so that the runtime's memory is full of them. After "jump-clear" SIGUSR1 leaves what it
 * interrupts. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <malloc.h>
#include <memtrace.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "ledger.h"

/* Keys are tracked in 128 parts. CROWDED has those of "grow" alone: were a block's address among
 * them, as it was in three of ten runs, its table would have grown before the trap. */
enum { THREADS = 3, DOMAIN = 5, CROWDED = 7, CROWD = 384 /* one more, and a table of 512 grows */ };
static long count;
static int stage; /* of the threads: 1 = work, 2 = end */
static int done;
static sigjmp_buf out;
static int jumps;
static uintptr_t next_key;

static void trap(void) { __asm__ volatile("int3" ::: "memory"); }
static int is(const char* which, const char* name) { return strcmp(which, name) == 0; }

static uint64_t part_of(uint64_t key) {
    uint64_t hash = key ^ DOMAIN * 0x9e3779b97f4a7c15u;
    hash = (hash ^ hash >> 30) * 0xbf58476d1ce4e5b9u;
    hash = (hash ^ hash >> 27) * 0x94d049bb133111ebu;
    return (hash ^ hash >> 31) >> 32 & 127;
}

static void* work(void* unused) {
    (void)unused;
    void* volatile block = 0;
    for (long i = 0; i < count; ++i) {
        block = malloc(16 + (size_t)(i * 37 % 600));
        if (part_of((uintptr_t)block) != CROWDED) memtrace_track(DOMAIN, (uintptr_t)block, 10);
        if (i % 3 == 0) free(block);
    }
    return 0;
}

static void* thread(void* unused) {
    while (__atomic_load_n(&stage, __ATOMIC_ACQUIRE) < 1) continue;
    work(unused);
    __atomic_fetch_add(&done, 1, __ATOMIC_ACQ_REL);
    while (__atomic_load_n(&stage, __ATOMIC_ACQUIRE) < 2) continue;
    return 0;
}

static void track_in_one_part(void) {
    do ++next_key;
    while (part_of(next_key) != CROWDED);
    memtrace_track(DOMAIN, next_key, 1);
}

static void clear(void) {
    memtrace_clear_traces();
    free(malloc(10));
}

static void change(const char* how) {
    if (is(how, "grow")) track_in_one_part();
    if (is(how, "clear") || is(how, "jump-clear")) clear();
    for (int i = 0; is(how, "clears") && i < 300; ++i) {
        if (i < 5) memtrace_clear_traces();
        free(malloc(10));
    }
    if (is(how, "stop")) {
        memtrace_stop();
        free(malloc(10));
    }
}

static void handler(int signal_number) {
    (void)signal_number;
    if (jumps) siglongjmp(out, 1);
}

int main(int argc, char** argv) {
    struct ledger* book = ledger_open();
    pthread_t threads[THREADS];
    if (argc < 3 || book == 0) return 2;
    const char* how = argv[2];
    const int is_crowd = is(how, "clears");
    count = atol(argv[1]);
    mallopt(M_ARENA_MAX, 1);
    book->site_address[0] = (uint64_t)(uintptr_t)dlsym(RTLD_DEFAULT, "memtrace_root");
    signal(SIGUSR1, handler);
    for (int i = 0; is_crowd && i < THREADS; ++i) pthread_create(&threads[i], 0, thread, 0);
    next_key = (uintptr_t)malloc(200000);
    trap();
    __atomic_store_n(&stage, 1, __ATOMIC_RELEASE);
    work(0);
    while (is_crowd && __atomic_load_n(&done, __ATOMIC_ACQUIRE) < THREADS) continue;
    for (int i = 0; is(how, "grow") && i < CROWD; ++i) track_in_one_part();
    for (int i = 0; is(how, "clear") && i < 3; ++i) {
        clear(); /* until some wait to be given back */
        work(0);
    }
    trap();
    jumps = is(how, "jump-clear");
    if (sigsetjmp(out, 1) == 0) change(how);
    jumps = 0;
    if (is(how, "jump-clear")) {
        for (int i = 0; i < 5; ++i) {
            clear();
            work(0);
        }
        for (int i = 0; i < 300; ++i) free(malloc(10));
    }
    trap();
    __atomic_store_n(&stage, 2, __ATOMIC_RELEASE);
    for (int i = 0; is_crowd && i < THREADS; ++i) pthread_join(threads[i], 0);
    return 0;
}
