/* SPDX-License-Identifier: MIT
 *
 * Threads allocate, resize and free without an end, each in slots of its own, and say in memory
 * that outlives them what each slot holds: before an event that it is about to change, after it
 * what it is. Whoever kills the program at any moment knows what its table must have. Arguments:
 * how many threads; "keys": half of the slots are keys that the program tracks. */
#include <memtrace.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "boxed_storm.h"
#include "watchdog.h"

static struct ledger* book;
static int tracks;

static unsigned long next(unsigned long* state) {
    *state = *state * 6364136223846793005ul + 1442695040888963407ul;
    return *state >> 33;
}

static void say(struct ledger_block* slot, uint64_t state) {
    __atomic_store_n(&slot->order, state, __ATOMIC_RELEASE);
}

/* Once its black box is lost nothing is traced. */
static void check(int result) {
    if (result != 0 && result != -2) abort();
}

static void fill(struct ledger_block* slot, unsigned long* state, int is_key) {
    slot->size = BOXED_SIZE + next(state) % BOXED_SIZES;
    slot->domain = is_key ? 7 : 0;
    if (is_key) slot->address = (uint64_t)(uintptr_t)slot; /* any number will do */
    say(slot, SLOT_COMES);
    if (is_key) {
        check(memtrace_track(7, (uintptr_t)slot->address, slot->size));
    } else {
        slot->address = (uint64_t)(uintptr_t)malloc(slot->size);
    }
    say(slot, SLOT_HELD);
}

static void empty(struct ledger_block* slot) {
    say(slot, SLOT_GOES);
    if (slot->domain == 7) {
        check(memtrace_untrack(7, (uintptr_t)slot->address));
    } else {
        free((void*)(uintptr_t)slot->address);
    }
    say(slot, SLOT_EMPTY);
}

static void* work(void* argument) {
    struct ledger_block* const slots = book->block + (size_t)argument * BOXED_SLOTS;
    unsigned long state = (unsigned long)(size_t)argument + 1;
    for (;;) {
        struct ledger_block* const slot = &slots[next(&state) % BOXED_SLOTS];
        if (slot->order == SLOT_HELD) {
            empty(slot);
        } else {
            fill(slot, &state, tracks && next(&state) % 2 == 0);
        }
        __atomic_fetch_add(&book->event_count, 1, __ATOMIC_RELAXED);
    }
    return NULL;
}

int main(int argc, char** argv) {
    book = ledger_open();
    if (book == NULL || argc < 2) return 2;
    const size_t threads = (size_t)atoi(argv[1]);
    tracks = argc > 2 && strcmp(argv[2], "keys") == 0;
    watchdog(250);
    book->block_count = threads * BOXED_SLOTS;
    if (book->block_count > LEDGER_BLOCKS) return 2;
    pthread_t made[16];
    for (size_t i = 1; i < threads && i < 16; ++i) pthread_create(&made[i], NULL, work, (void*)i);
    work(NULL);
    return 0;
}
