/* SPDX-License-Identifier: MIT
 *
 * A program's own book-keeping, in memory that it shares with the test and that
 * no allocator knows: which blocks it holds, and where the peak must have been.
 * C, so that every debuggee can use it; must not allocate. */
#ifndef MEMTRACE_TESTS_LEDGER_H
#define MEMTRACE_TESTS_LEDGER_H

#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

#define LEDGER_VARIABLE "MEMTRACE_LEDGER_FD"
#define LEDGER_BLOCKS (1u << 16)
#define LEDGER_SITES 64u
#define LEDGER_EVENTS (1u << 20)
/* Sizes that a program with threads keeps for its own blocks (against_ledger.h). */
#define LEDGER_OWN 100000u
#define LEDGER_OWN_END 110000u

struct ledger_block {
    uint64_t address, size;
    uint32_t domain;       /* whose key the address is */
    uint32_t stretch, tid; /* in which it was allocated, where a program counts these; by whom */
    uint64_t order;        /* as which of that thread's */
};
struct ledger_event { /* size > 0: allocated, < 0: freed */
    int64_t size;
    uint32_t site, thread;
};
struct ledger {
    uint64_t block_count;
    struct ledger_block block[LEDGER_BLOCKS];
    uint64_t site_address[LEDGER_SITES]; /* of the function that allocates */
    int64_t site_live[LEDGER_SITES], site_count[LEDGER_SITES];
    uint64_t site_size[LEDGER_SITES]; /* of each of its blocks, where all are equal */
    uint64_t site_made[LEDGER_SITES]; /* blocks, those that are gone too */
    int64_t site_peak[LEDGER_SITES], site_peak_count[LEDGER_SITES];
    int64_t live, peak;
    uint64_t event_count; /* taken with an atomic add */
    struct ledger_event event[LEDGER_EVENTS];
};

static inline struct ledger* ledger_open(void) {
    const char* fd = getenv(LEDGER_VARIABLE);
    if (fd == 0) return 0;
    void* memory = mmap(0, sizeof(struct ledger), PROT_READ | PROT_WRITE, MAP_SHARED, atoi(fd), 0);
    return memory == MAP_FAILED ? 0 : (struct ledger*)memory;
}

static inline void ledger_add_key(struct ledger* l, uint32_t domain, uint64_t key, uint64_t size) {
    uint64_t at = __atomic_fetch_add(&l->block_count, 1, __ATOMIC_RELAXED);
    if (at >= LEDGER_BLOCKS) abort();
    l->block[at].address = key;
    l->block[at].size = size;
    l->block[at].domain = domain;
}
static inline void ledger_add(struct ledger* l, const void* block, uint64_t size) {
    ledger_add_key(l, 0, (uint64_t)(uintptr_t)block, size);
}

#endif
