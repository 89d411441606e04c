/* SPDX-License-Identifier: MIT
 *
 * A signal arrives inside a hook, at an instruction that the test chooses by
 * single-stepping. Arguments: what the handler does there: allocate and free,
 * jump out of the hook for good (and go on in deeper frames), fork, or fork by the bare
 * system call ("bare-fork"), whose child goes on with what was interrupted; "keys-" before
 * it if the hooks are those of memtrace.h, whose handler uses them too; "sampled", to
 * trace with a sample that takes every block, or "stamped", when MEMTRACE has
 * started it. */
#define _GNU_SOURCE
#include <memtrace.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ledger.h"

static struct ledger* book;
static sigjmp_buf out;
static const char* what;
static void* volatile kept[16];
static void* volatile handled[4];

static int is_child;
static void trap(void) {
    if (!is_child) __asm__ volatile("int3" ::: "memory"); /* nobody traces a child */
}

/* Each free and realloc asks whether it is given a page of a pool, which needs the lock of
 * 1 part of 128: whether it is the one that the interrupted call holds is up to where
 * malloc's blocks lie. Then a loss is counted that has nothing to do with the handler's
 * own keys. */
static int shares_part;
static uint64_t part_of(unsigned domain, uint64_t key_in_domain) {
    uint64_t hash = key_in_domain ^ domain * 0x9e3779b97f4a7c15u;
    hash = (hash ^ hash >> 30) * 0xbf58476d1ce4e5b9u;
    hash = (hash ^ hash >> 27) * 0x94d049bb133111ebu;
    return (hash ^ hash >> 31) >> 32 & 127;
}
static void* noted(void* block) {
    if (part_of(0, (uintptr_t)block) == part_of(0, (uintptr_t)kept[4])) shares_part = 1;
    return block;
}

static void allocate_in_handler(void) {
    handled[2] = malloc(77);
    free(noted(handled[0]));
    handled[0] = NULL;
    handled[1] = realloc(noted(handled[1]), 300);
    noted(handled[3]);
    handled[3] = realloc(handled[3], 0); /* frees it */
}

/* In the same part of the tracked table as what is interrupted, and in another one. */
enum { DOMAIN = 5, MADE = 1, UNMADE = 2, FOREIGN = 3 };
static uintptr_t key[8];
static void choose_keys(void) {
    unsigned found = 0;
    for (uintptr_t i = 1; found < 8; ++i) {
        if (part_of(DOMAIN, i) == 5) key[found++] = i;
    }
    key[FOREIGN] = key[7] + 1;
}

static int made, made_elsewhere;
static void keys_in_handler(void) {
    allocate_in_handler();
    made = memtrace_track(DOMAIN, key[MADE], 700) == 0;
    memtrace_untrack(DOMAIN, key[UNMADE]);
    made_elsewhere = memtrace_track(DOMAIN, key[FOREIGN], 900) == 0;
    memtrace_track(0, 0x20000, 40);
    memtrace_track(0, 0x20040, 40);
    memtrace_untrack(0, 0x20000);
    memtrace_pause();
    free(noted(malloc(3000)));
    memtrace_track(DOMAIN, key[7], 1);
    memtrace_resume();
    void* volatile page = malloc(3333);
    memtrace_pool(page);
    page = realloc(noted(page), 4444);
    free(noted(page));
}

static void fork_in_handler(void) {
    const pid_t child = fork();
    if (child == 0) {
        void* volatile block = malloc(33);
        free(block);
        const int tracks = memtrace_track(DOMAIN, 1, 1) == 0 || memtrace_track(DOMAIN, 2, 1) == 0;
        _exit(memtrace_is_tracing() && block != NULL && tracks ? 0 : 1);
    }
    int status = -1;
    if (child > 0) waitpid(child, &status, 0);
    book->site_live[0] = status;
    book->site_count[0] += 1;
}

/* The child does not tell how it was made: it returns into the hook, like its parent. */
static void bare_fork_in_handler(void) {
    const pid_t child = (pid_t)syscall(SYS_fork);
    is_child = child == 0;
    if (is_child) return;
    int status = -1;
    if (child > 0) waitpid(child, &status, 0);
    book->site_live[0] = status;
    book->site_count[0] += 1;
}

static void handler(int signal_number) {
    (void)signal_number;
    if (strcmp(what, "bare-fork") == 0) return bare_fork_in_handler();
    if (strcmp(what, "allocate") == 0) allocate_in_handler();
    if (strcmp(what, "keys-allocate") == 0) keys_in_handler();
    if (strstr(what, "jump") != NULL) siglongjmp(out, 1);
    if (strstr(what, "fork") != NULL) fork_in_handler();
}

/* The first turn is there so that the second one finds its stacks known. */
static void keys_to_interrupt(int turn) {
    const uintptr_t other = turn == 0 ? 1000000 : 0;
    if (turn != 0) trap();
    memtrace_track(DOMAIN, key[4] + other, 444);
    memtrace_touch(DOMAIN, key[5] + other);
    memtrace_track(DOMAIN, key[5] + other, 555);
    memtrace_untrack(DOMAIN, key[6] + other);
    memtrace_pool(kept[turn + 3]);
    free(kept[turn + 3]);
    if (turn != 0) trap();
}

static void hooks_to_interrupt(void) {
    trap();
    kept[1] = malloc(60);
    free(kept[0]);
    kept[2] = realloc(kept[1], 5000);
    trap();
}

static void keep(void* block, uint64_t size) {
    if (block != NULL && !is_child) ledger_add(book, block, size);
}

static void prepare_keys(void) {
    choose_keys();
    kept[3] = malloc(4000);
    kept[4] = malloc(4000);
    memtrace_track(DOMAIN, key[UNMADE], 222);
    memtrace_track(DOMAIN, key[5], 50);
    memtrace_track(DOMAIN, key[6], 666);
    memtrace_track(DOMAIN, key[0], 10);
}

static void keep_keys(void) {
    ledger_add_key(book, 0, 0x20040, 40);
    ledger_add_key(book, DOMAIN, key[0], 10);
    for (uintptr_t other = 0; other <= 1000000; other += 1000000) {
        ledger_add_key(book, DOMAIN, key[4] + other, 444);
        ledger_add_key(book, DOMAIN, key[5] + other, 555);
    }
    if (made) ledger_add_key(book, DOMAIN, key[MADE], 700);
    if (made_elsewhere) ledger_add_key(book, DOMAIN, key[FOREIGN], 900);
    book->site_made[0] = (uint64_t)(made + made_elsewhere);
    book->site_made[1] = (uint64_t)shares_part;
    ledger_add(book, kept[0], 50);
}

/* Whatever has happened, the part that those keys are in can be used. */
static void ask_again(void) {
    if (memtrace_track(DOMAIN, key[7], 77) != 0 || memtrace_untrack(DOMAIN, key[7]) != 0) abort();
    void* page = malloc(2000);
    if (memtrace_pool(page) != 0) abort();
    free(page);
}

/* After a jump the program may go on in deeper frames than the hook that was left. */
static void* deeper(int depth, size_t size) {
    char room[256];
    memset(room, depth, sizeof room);
    void* block = depth == 0 ? malloc(size) : deeper(depth - 1, size);
    __asm__ volatile("" ::"r"(room) : "memory");
    return block;
}

/* Of a child: when all is freed nothing is left, and the table is its own. */
static int end_of_child(void) {
    uint64_t current = 1, peak = 0;
    free(kept[2]);
    for (unsigned i = 10; i < 14; ++i) free(kept[i]);
    for (unsigned i = 0; i < 4; ++i) free(handled[i]);
    if (!memtrace_is_tracing() || memtrace_get_traced_memory(&current, &peak) != 0) return 1;
    return current == 0 && peak >= 5000 ? 0 : 2;
}

int main(int argc, char** argv) {
    what = argc > 1 ? argv[1] : "";
    book = ledger_open();
    if (book == NULL) return 2;
    signal(SIGUSR1, handler);
    const int sampled = argc > 2 && strcmp(argv[2], "sampled") == 0;
    const int stamped = argc > 2 && strcmp(argv[2], "stamped") == 0;
    if (stamped != memtrace_is_tracing()) return 4;
    if (stamped) memtrace_clear_traces();
    if (!stamped && (sampled ? memtrace_start_sampled(32, 1) : memtrace_start(32)) != 0) return 4;
    kept[0] = malloc(50);
    handled[0] = malloc(55);
    handled[1] = malloc(66);
    handled[3] = malloc(88);
    const int goes_deeper = strcmp(what, "jump-deep") == 0;
    const int keys = strncmp(what, "keys-", 5) == 0;
    if (keys) prepare_keys();
    if (sigsetjmp(out, 1) == 0) {
        for (int turn = 0; keys && turn < 2; ++turn) keys_to_interrupt(turn);
        if (!keys) hooks_to_interrupt();
    }
    for (unsigned i = 0; i < 4; ++i) {
        kept[10 + i] = goes_deeper ? deeper((int)i * 3, 90 + i) : malloc(90 + i);
        keep(kept[10 + i], 90 + i);
    }
    if (strstr(what, "allocate") != NULL) {
        keep(handled[1], 300);
        keep(handled[2], 77);
    }
    if (strcmp(what, "allocate") == 0) keep(kept[2], 5000);
    if (strcmp(what, "keys-allocate") == 0) keep_keys();
    if (keys) ask_again();
    if (is_child) _exit(end_of_child());
    trap();
    return 0;
}
