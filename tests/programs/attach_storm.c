/* SPDX-License-Identifier: MIT
 *
 * Four threads that replace their blocks without an end, and a main thread that waits: a busy
 * server that nobody prepared. SIGUSR1: they stand still for a moment, the ledger gets what they
 * hold, and the process stops to be looked at. SIGUSR2: it ends, and says whether all of it was
 * as it should be. */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger.h"

enum { kThreads = 4, kSlots = 200, kLeast = 1000 };

static unsigned char* held[kThreads][kSlots];
static size_t size_of[kThreads][kSlots];
static atomic_int pausing, paused, ending, broken;

static void wait_while_pausing(void) {
    if (!pausing) return;
    ++paused;
    while (pausing) sched_yield();
    --paused;
}

static void* replace(void* argument) {
    const size_t me = (size_t)argument;
    unsigned random = (unsigned)me * 7919 + 1;
    for (size_t at = 0; !ending; at = (at + 1) % kSlots) {
        random = random * 1103515245 + 12345;
        const size_t size = kLeast + (random >> 16) % kLeast;
        unsigned char* old = held[me][at];
        if (old != 0 && old[0] != (unsigned char)at) ++broken;
        if (random % 3 == 0) {
            old = realloc(old, size);
        } else {
            free(old);
            old = random % 3 == 1 ? malloc(size) : calloc(1, size);
        }
        old[0] = (unsigned char)at;
        held[me][at] = old;
        size_of[me][at] = size;
        wait_while_pausing();
    }
    return 0;
}

static void show(struct ledger* book) {
    pausing = 1;
    while (paused != kThreads) sched_yield();
    book->block_count = 0;
    for (int i = 0; i < kThreads; ++i)
        for (int j = 0; j < kSlots; ++j) ledger_add(book, held[i][j], size_of[i][j]);
    raise(SIGSTOP);
    pausing = 0;
    while (paused != 0) sched_yield();
}

int main(void) {
    struct ledger* book = ledger_open();
    if (book == 0) return 2;
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGUSR2);
    pthread_sigmask(SIG_BLOCK, &set, 0);
    pthread_t threads[kThreads];
    for (size_t i = 0; i < kThreads; ++i) pthread_create(&threads[i], 0, replace, (void*)i);
    for (int which = 0; which != SIGUSR2;) {
        sigwait(&set, &which);
        if (which == SIGUSR1) show(book);
    }
    ending = 1;
    for (int i = 0; i < kThreads; ++i) pthread_join(threads[i], 0);
    printf("%d broken\n", broken);
    return 0;
}
