/* SPDX-License-Identifier: MIT
 *
 * A thousand fibers with stacks of 16 KiB between guard pages, in each of two threads:
 * every one allocates, gives way in the midst of it, and frees what its neighbour has
 * allocated. No walk may leave such a stack, and none may be taken for the thread's. */
#include <memtrace.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "ledger.h"

enum { FIBERS = 1000, ROUNDS = 4, STACK = 16384, PAGE = 4096 };
static struct ledger* book;

struct fibers {
    ucontext_t outside, inside[FIBERS];
    void* block[FIBERS];
    unsigned now, done;
    unsigned first_size;
};

static void turn(struct fibers* f, unsigned i, unsigned depth) {
    if (depth > 0) {
        volatile char room[64];
        room[0] = 1;
        turn(f, i, depth - (unsigned)room[0]);
        return;
    }
    const unsigned next = (i + 1) % FIBERS;
    f->block[i] = realloc(f->block[i], f->first_size + i);
    swapcontext(&f->inside[i], &f->outside);
    free(f->block[next]);
    f->block[next] = malloc(f->first_size + next);
}

static void fiber(unsigned high, unsigned low) {
    struct fibers* f = (struct fibers*)((uintptr_t)high << 32 | low);
    const unsigned i = f->now;
    for (unsigned round = 0; round < ROUNDS; ++round) {
        turn(f, i, i % 30);
        swapcontext(&f->inside[i], &f->outside);
    }
    ++f->done;
}

static void make(struct fibers* f, unsigned i) {
    char* room = mmap(NULL, STACK + 2 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (room == MAP_FAILED || mprotect(room + PAGE, STACK, PROT_READ | PROT_WRITE) != 0) abort();
    getcontext(&f->inside[i]);
    f->inside[i].uc_stack.ss_sp = room + PAGE;
    f->inside[i].uc_stack.ss_size = STACK;
    f->inside[i].uc_link = &f->outside;
    makecontext(&f->inside[i], (void (*)(void))fiber, 2, (unsigned)((uintptr_t)f >> 32),
                (unsigned)(uintptr_t)f);
}

static void* run(void* argument) {
    struct fibers* f = argument;
    for (unsigned i = 0; i < FIBERS; ++i) make(f, i);
    for (unsigned turns = 0; turns < 2 * ROUNDS + 1; ++turns) {
        for (f->now = 0; f->now < FIBERS; ++f->now) swapcontext(&f->outside, &f->inside[f->now]);
    }
    if (f->done != FIBERS) abort();
    for (unsigned i = 0; i < FIBERS; ++i) ledger_add(book, f->block[i], f->first_size + i);
    return NULL;
}

int main(void) {
    static struct fibers both[2];
    pthread_t threads[2];
    book = ledger_open();
    if (book == NULL || memtrace_start(32) != 0) return 2;
    for (int i = 0; i < 2; ++i) {
        both[i].first_size = LEDGER_OWN + (unsigned)i * FIBERS;
        pthread_create(&threads[i], NULL, run, &both[i]);
    }
    for (int i = 0; i < 2; ++i) pthread_join(threads[i], NULL);
    raise(SIGSTOP);
    return 0;
}
