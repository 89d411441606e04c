/* SPDX-License-Identifier: MIT
 *
 * Threads on the smallest stacks, which go down to the last 2 KiB above the guard page and
 * allocate there; and one that goes 100 000 frames deep. Argument: tiny, deep, or used,
 * which prints how many bytes of stack the deepest allocation takes. */
#define _GNU_SOURCE
#include <limits.h>
#include <memtrace.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ledger.h"

enum { LEFT = 2048, THREADS = 20, FRAMES = 100000, LAST = 1000, PAINTED = 12288 };
static struct ledger* book;
static void* volatile sink;

static void keep(unsigned number) {
    const size_t size = LEDGER_OWN + number;
    void* block = malloc(size);
    if (block == NULL) abort();
    ledger_add(book, block, size);
}

__attribute__((noinline)) static void allocate_at(const char* lowest, unsigned number) {
    volatile char room[64];
    room[0] = 1;
    /* This frame is about 100 bytes. */
    if ((const char*)__builtin_frame_address(0) - lowest > LEFT + 150) {
        allocate_at(lowest, number);
    } else {
        keep(number * 10);
        sink = calloc(3, 100);
        sink = realloc(sink, 1000);
        free(sink);
    }
    room[1] = room[0];
}

static void* tiny(void* number) {
    pthread_attr_t attributes;
    void* low;
    size_t size, guard; /* libc counts the guard in */
    pthread_getattr_np(pthread_self(), &attributes);
    pthread_attr_getstack(&attributes, &low, &size);
    pthread_attr_getguardsize(&attributes, &guard);
    pthread_attr_destroy(&attributes);
    allocate_at((char*)low + guard, (unsigned)(size_t)number);
    return NULL;
}

__attribute__((noinline)) static unsigned deep(unsigned frames) {
    if (frames <= LAST) keep(frames);
    return frames == 1 ? 1 : deep(frames - 1) + 1;
}
static void* run_deep(void* unused) {
    if (deep(FRAMES) != FRAMES) abort();
    return unused;
}

/* How far below here the call of malloc writes. */
__attribute__((noinline)) static size_t painted_away(void) {
    volatile char* lowest = (volatile char*)__builtin_frame_address(0) - PAINTED;
    for (size_t i = 0; i < PAINTED - 256; ++i) lowest[i] = 0x5a;
    sink = malloc(LEDGER_OWN);
    size_t intact = 0;
    while (intact < PAINTED - 256 && lowest[intact] == 0x5a) ++intact;
    free(sink);
    return PAINTED - intact;
}
static void* use_some(void* most) {
    const size_t used = painted_away();
    if (used > *(size_t*)most) *(size_t*)most = used;
    return NULL;
}

static void run(void* (*function)(void*), void* argument, size_t stack) {
    pthread_attr_t attributes;
    pthread_t thread;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, stack);
    if (pthread_create(&thread, &attributes, function, argument) != 0) abort();
    pthread_join(thread, NULL);
    pthread_attr_destroy(&attributes);
}

int main(int argc, char** argv) {
    const char* what = argc > 1 ? argv[1] : "";
    size_t most = 0;
    book = ledger_open();
    if (book == NULL) return 2;
    free(malloc(1)); /* libc's own first steps */
    if (strcmp(what, "used") == 0) use_some(&most);
    memtrace_start(32);
    if (strcmp(what, "tiny") == 0) {
        for (size_t i = 0; i < THREADS; ++i) {
            run(tiny, (void*)i, (size_t)sysconf(_SC_THREAD_STACK_MIN));
        }
    }
    if (strcmp(what, "deep") == 0) run(run_deep, NULL, 64 << 20);
    if (strcmp(what, "used") == 0) {
        printf("off %zu\n", most);
        most = 0;
        for (int i = 0; i < 10; ++i) run(use_some, &most, 1 << 20);
        printf("on %zu\n", most);
        fflush(stdout);
    }
    raise(SIGSTOP);
    return 0;
}
