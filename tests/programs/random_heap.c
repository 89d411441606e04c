/* SPDX-License-Identifier: MIT
 *
 * A heap of every kind of chunk, made by as many threads as the seed says, some of which end:
 * what walks it from outside must find each block that the program still holds, no other, and
 * the sums that mallinfo2 returns in here. The list of blocks, the sums and where the threads'
 * own memory is stand in memory that no allocator knows. C, so that no library holds a block.
 *
 *   random_heap SEED [trim] [foreign]     trim: give back; foreign: others take from brk */
#define _GNU_SOURCE
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "ledger.h"
#include "watchdog.h"

enum { most_threads = 6, slots = 3000 };

struct held {
    void* block;
    size_t size;
};
struct worker {
    unsigned long state;
    int rounds, ends;
    struct held held[slots];
};
/* Not of the heap either. */
static struct worker workers[most_threads + 1];
static struct ledger* book;
static pthread_barrier_t barrier;
static int takes_from_brk;

static unsigned long draw(struct worker* me) {
    me->state = me->state * 6364136223846793005ul + 1442695040888963407ul;
    return me->state >> 33;
}

static size_t draw_size(struct worker* me) {
    const unsigned long kind = draw(me) % 100;
    if (kind < 60) return draw(me) % 200;
    if (kind < 85) return draw(me) % 1100;
    if (kind < 95) return draw(me) % 9000;
    if (kind < 99) return draw(me) % 130000;
    return 130000 + draw(me) % 700000;
}

static void* take(struct worker* me, size_t size) {
    const unsigned long kind = draw(me) % 20;
    if (kind == 0) return calloc(1, size);
    if (kind == 1) return memalign(16ul << draw(me) % 13, size);
    if (kind == 2) return realloc(malloc(size / 2), size + 1);
    return malloc(size);
}

static void one_round(struct worker* me) {
    struct held* slot = &me->held[draw(me) % slots];
    if (slot->block != 0) {
        free(slot->block);
        slot->block = 0;
    }
    if (draw(me) % 3 == 0) return;
    slot->size = draw_size(me);
    slot->block = take(me, slot->size);
    if (slot->block == 0) abort();
    memset(slot->block, (int)(draw(me) & 0xff), slot->size);
}

static void* work(void* argument) {
    struct worker* me = argument;
    book->site_address[me - workers] = (uint64_t)(uintptr_t)__builtin_thread_pointer();
    for (int i = 0; i < me->rounds; ++i) {
        one_round(me);
        if (takes_from_brk && me == workers && i % 500 == 250)
            sbrk(1000 + 8 * (long)(draw(me) % 3000));
    }
    if (me->ends) return 0;
    pthread_barrier_wait(&barrier);
    if (me == workers) return 0;
    for (;;) pause();
}

static void note(void) {
    for (int i = 0; i <= most_threads; ++i)
        for (int j = 0; j < slots; ++j)
            if (workers[i].held[j].block != 0)
                ledger_add(book, workers[i].held[j].block, workers[i].held[j].size);
    const struct mallinfo2 info = mallinfo2();
    const size_t fields[] = {info.arena,   info.ordblks,  info.smblks,   info.hblks,   info.hblkhd,
                             info.fsmblks, info.uordblks, info.fordblks, info.keepcost};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; ++i) book->site_size[i] = fields[i];
}

int main(int count, char** arguments) {
    watchdog(120);
    book = ledger_open();
    if (book == 0 || count < 2) return 2;
    struct worker first = {.state = strtoul(arguments[1], 0, 10) * 7919 + 1};
    int trims = 0;
    for (int i = 2; i < count; ++i) {
        trims |= strcmp(arguments[i], "trim") == 0;
        takes_from_brk |= strcmp(arguments[i], "foreign") == 0;
    }
    const int threads = (int)(draw(&first) % (most_threads + 1));
    int stay = 1;
    for (int i = 0; i <= threads; ++i) {
        workers[i].state = first.state + (unsigned long)i * 104729;
        workers[i].rounds = (int)(draw(&first) % 20000);
        workers[i].ends = i != 0 && draw(&first) % 4 == 0;
        stay += i != 0 && !workers[i].ends;
    }
    pthread_barrier_init(&barrier, 0, (unsigned)stay);
    pthread_t started[most_threads];
    for (int i = 1; i <= threads; ++i)
        if (pthread_create(&started[i - 1], 0, work, &workers[i]) != 0) return 3;
    work(&workers[0]);
    for (int i = 1; i <= threads; ++i)
        if (workers[i].ends) pthread_join(started[i - 1], 0);
    if (trims) malloc_trim(0);
    book->site_made[0] = (uint64_t)threads;
    note();
    raise(SIGSTOP);
    return 0;
}
