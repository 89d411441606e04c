/* SPDX-License-Identifier: MIT
 *
 * A signal arrives inside a hook, at an instruction that the test chooses by
 * single-stepping. Arguments: what the handler does there: allocate and free,
 * jump out of the hook for good (and go on in deeper frames), or fork; "sampled",
 * to trace with a sample that takes every block. */
#include <memtrace.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ledger.h"

static struct ledger* book;
static sigjmp_buf out;
static const char* what;
static void* volatile kept[16];
static void* volatile handled[4];

static void trap(void) { __asm__ volatile("int3" ::: "memory"); }

static void allocate_in_handler(void) {
    handled[2] = malloc(77);
    free(handled[0]);
    handled[0] = NULL;
    handled[1] = realloc(handled[1], 300);
    handled[3] = realloc(handled[3], 0); /* frees it */
}

static void fork_in_handler(void) {
    const pid_t child = fork();
    if (child == 0) {
        void* volatile block = malloc(33);
        free(block);
        _exit(memtrace_is_tracing() && block != NULL ? 0 : 1);
    }
    int status = -1;
    if (child > 0) waitpid(child, &status, 0);
    book->site_live[0] = status;
    book->site_count[0] += 1;
}

static void handler(int signal_number) {
    (void)signal_number;
    if (strcmp(what, "allocate") == 0) allocate_in_handler();
    if (strncmp(what, "jump", 4) == 0) siglongjmp(out, 1);
    if (strcmp(what, "fork") == 0) fork_in_handler();
}

static void hooks_to_interrupt(void) {
    trap();
    kept[1] = malloc(60);
    free(kept[0]);
    kept[2] = realloc(kept[1], 5000);
    trap();
}

static void keep(void* block, uint64_t size) {
    if (block != NULL) ledger_add(book, block, size);
}

/* After a jump the program may go on in deeper frames than the hook that was left. */
static void* deeper(int depth, size_t size) {
    char room[256];
    memset(room, depth, sizeof room);
    void* block = depth == 0 ? malloc(size) : deeper(depth - 1, size);
    __asm__ volatile("" ::"r"(room) : "memory");
    return block;
}

int main(int argc, char** argv) {
    what = argc > 1 ? argv[1] : "";
    book = ledger_open();
    if (book == NULL) return 2;
    signal(SIGUSR1, handler);
    const int sampled = argc > 2 && strcmp(argv[2], "sampled") == 0;
    if ((sampled ? memtrace_start_sampled(32, 1) : memtrace_start(32)) != 0) return 4;
    kept[0] = malloc(50);
    handled[0] = malloc(55);
    handled[1] = malloc(66);
    handled[3] = malloc(88);
    const int goes_deeper = strcmp(what, "jump-deep") == 0;
    if (sigsetjmp(out, 1) == 0) hooks_to_interrupt();
    for (unsigned i = 0; i < 4; ++i) {
        kept[10 + i] = goes_deeper ? deeper((int)i * 3, 90 + i) : malloc(90 + i);
        keep(kept[10 + i], 90 + i);
    }
    if (strcmp(what, "allocate") == 0) {
        keep(kept[2], 5000);
        keep(handled[1], 300);
        keep(handled[2], 77);
    }
    trap();
    return 0;
}
