/* SPDX-License-Identifier: MIT
 *
 * One event between two traps, to be single-stepped by a test that reads the
 * table at every instruction. Arguments: which event; "sampled", to trace with a
 * sample that takes every block, or "stamped". */
#include <memtrace.h>
#include <stdlib.h>
#include <string.h>

static void* volatile kept[64];

static void trap(void) { __asm__ volatile("int3" ::: "memory"); }

/* Events on keys: each is made twice from the same place, the second one between the
 * traps, so that what is stepped through is the event and not the walk to a new stack. */
enum { DOMAIN = 5, CROWD = 24 }; /* one more key, and the table of their part grows */
static uintptr_t crowd[2][CROWD + 1];
static void* volatile page[2];

static uintptr_t key(uintptr_t number, uintptr_t turn) {
    return ~(uintptr_t)0 - turn * 100 - number;
}
static int is(const char* which, const char* name) { return strcmp(which, name) == 0; }
static int is_key_event(const char* which) { return strncmp(which, "key-", 4) == 0; }

/* Where a block's word goes by its number: 8 in a line, then three that begin in one granule. */
enum { IN_GRANULE = 9, IN_SECOND = 10, IN_LEAF = 11 };
static unsigned place_of(const char* which) {
    const char* place = strrchr(which, '-');
    if (strncmp(which, "key-place-", 10) != 0 && strncmp(which, "key-leave-", 10) != 0) return 0;
    if (is(place, "-granule")) return IN_GRANULE;
    return is(place, "-second") ? IN_SECOND : IN_LEAF;
}
static uintptr_t neighbour(unsigned number, unsigned turn) {
    return 0x10000000 + turn * 0x800000 + number * 16; /* not in one sheet */
}

static uint64_t part_of(uint64_t key_in_domain) {
    uint64_t hash = key_in_domain ^ DOMAIN * 0x9e3779b97f4a7c15u;
    hash = (hash ^ hash >> 30) * 0xbf58476d1ce4e5b9u;
    hash = (hash ^ hash >> 27) * 0x94d049bb133111ebu;
    return (hash ^ hash >> 31) >> 32 & 127;
}

static void prepare_key_event(const char* which, unsigned turn) {
    memtrace_track(DOMAIN, key(1, turn), 50);
    memtrace_track(DOMAIN, key(2, turn), 70);
    memtrace_track(DOMAIN + 1, key(1, turn), 90);
    unsigned found = 0;
    for (uintptr_t i = 1; is(which, "key-grows") && found <= CROWD; ++i) {
        if (part_of(i) == turn) crowd[turn][found++] = i;
    }
    for (unsigned i = 0; is(which, "key-grows") && i < CROWD; ++i) {
        memtrace_track(DOMAIN, crowd[turn][i], i);
    }
    if (is(which, "key-touch-again")) memtrace_touch(DOMAIN, key(1, turn));
    page[turn] = malloc(is(which, "key-page-moves") ? 40 : 4000);
    const unsigned end = place_of(which) + (strncmp(which, "key-leave-", 10) == 0);
    for (unsigned i = 1; i < end; ++i) memtrace_track(0, neighbour(i, turn), 8);
    const int is_page = strncmp(which, "key-page-", 9) == 0 || is(which, "key-piece");
    if (is_page) memtrace_pool(page[turn]);
}

static void key_event(const char* which, unsigned turn) {
    if (is(which, "key-track")) memtrace_track(DOMAIN, key(3, turn), 60);
    if (is(which, "key-peak-up")) memtrace_track(DOMAIN, key(3, turn), 9000 * (turn + 1));
    if (is(which, "key-track-again")) memtrace_track(DOMAIN, key(1, turn), 6000);
    if (is(which, "key-grows")) memtrace_track(DOMAIN, crowd[turn][CROWD], 60);
    if (is(which, "key-touch")) memtrace_touch(DOMAIN, key(1, turn));
    if (is(which, "key-touch-again")) memtrace_touch(DOMAIN, key(1, turn));
    if (is(which, "key-untrack")) memtrace_untrack(DOMAIN, key(1, turn));
    if (is(which, "key-untrack-unknown")) memtrace_untrack(DOMAIN, key(9, turn));
    if (is(which, "key-block")) memtrace_track(0, 0x10000 + turn * 64, 60);
    if (is(which, "key-block-touch")) memtrace_touch(0, (uintptr_t)kept[3 + turn]);
    if (is(which, "key-block-untrack")) memtrace_untrack(0, (uintptr_t)kept[3 + turn]);
    if (strncmp(which, "key-place-", 10) == 0)
        memtrace_track(0, neighbour(place_of(which), turn), 60);
    if (strncmp(which, "key-leave-", 10) == 0)
        memtrace_untrack(0, neighbour(place_of(which), turn));
    if (is(which, "key-page")) memtrace_pool(page[turn]);
    if (is(which, "key-piece")) memtrace_track(0, (uintptr_t)page[turn], 60);
    if (is(which, "key-page-free")) free(page[turn]);
    if (is(which, "key-page-moves")) page[turn] = realloc(page[turn], 5000);
    if (is(which, "key-page-fails") && realloc(page[turn], (size_t)-1 / 2) != 0) abort();
}

static int run_key_event(const char* which) {
    for (unsigned turn = 0; turn < 2; ++turn) prepare_key_event(which, turn);
    for (unsigned turn = 0; turn < 2; ++turn) {
        if (turn == 1) trap();
        key_event(which, turn);
    }
    trap();
    return 0;
}

int main(int argc, char** argv) {
    const char* which = argc > 1 ? argv[1] : "";
    const int sampled = argc > 2 && strcmp(argv[2], "sampled") == 0;
    const int stamped = argc > 2 && strcmp(argv[2], "stamped") == 0; /* by MEMTRACE */
    if (stamped != memtrace_is_tracing()) return 4;
    if (!stamped && (sampled ? memtrace_start_sampled(32, 1) : memtrace_start(32)) != 0) return 4;
    const int again = strcmp(which, "malloc-again") == 0;
    for (int i = 0; i < 12 + again; ++i) {
        if (i == 12) trap();
        kept[i] = malloc(100 + (size_t)i); /* fills a line of its page */
        if (i == 12) return trap(), 0;
    }
    kept[20] = malloc(5000);
    free(kept[20]); /* a peak that lies above what is live now */
    kept[21] = malloc(40);
    if (strcmp(which, "peak-free") == 0) kept[22] = malloc(9000); /* live is the peak */
    if (strcmp(which, "peak-up") == 0) kept[22] = malloc(6000);
    if (strcmp(which, "free-again") == 0) free(kept[4]);
    if (is_key_event(which)) return run_key_event(which);
    trap();
    if (strcmp(which, "free-again") == 0) free(kept[3]);
    if (strcmp(which, "malloc") == 0) kept[30] = malloc(24);
    if (strcmp(which, "peak-up") == 0) kept[30] = malloc(7000);
    if (strcmp(which, "free") == 0) free(kept[3]);
    if (strcmp(which, "peak-free") == 0) free(kept[22]);
    if (strcmp(which, "realloc-moves") == 0) kept[21] = realloc(kept[21], 4000);
    if (strcmp(which, "realloc-stays") == 0) kept[21] = realloc(kept[21], 39);
    if (strcmp(which, "realloc-fails") == 0 && realloc(kept[21], (size_t)-1 / 2) != 0) return 5;
    if (strcmp(which, "realloc-frees") == 0 && realloc(kept[21], 0) != 0) return 6;
    trap();
    return 0;
}
