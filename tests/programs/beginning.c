/* SPDX-License-Identifier: MIT
 *
 * Has the table each block that this program holds? Argument: what it does before it stops,
 * which says whether one has passed by; with "fork" before it, a child does so and stops too.
 * "asked" stops before each call besides, for a debugger to ask for something. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <memtrace.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ledger.h"

static void* volatile kept[8];

static int is(const char* which, const char* name) { return strcmp(which, name) == 0; }

static void begin(const char* what) {
    if (is(what, "environment") || is(what, "asked")) return;
    if (is(what, "late")) kept[0] = malloc(10);
    memtrace_start(32);
}

static void be_asked(void) {
    for (int i = 0; i < 3; ++i) {
        raise(SIGSTOP);
        kept[i] = malloc(10);
    }
}

static void go_on(const char* what) {
    if (is(what, "asked")) return be_asked();
    kept[1] = malloc(20);
    if (is(what, "cleared")) memtrace_clear_traces();
    if (is(what, "restarted")) {
        memtrace_stop();
        memtrace_start(32);
    }
    const int pauses = strncmp(what, "paused", 6) == 0;
    if (pauses) memtrace_pause();
    if (is(what, "paused")) kept[2] = malloc(30);
    if (is(what, "paused-realloc")) kept[1] = realloc(kept[1], 4000);
    if (is(what, "paused-free")) {
        free(kept[1]);
        kept[1] = 0;
    }
    if (pauses) memtrace_resume();
    if (is(what, "pool")) memtrace_pool(kept[1]);
    kept[3] = malloc(40);
}

int main(int argc, char** argv) {
    const char* what = argc > 1 ? argv[1] : "";
    const int forks = argc > 2;
    struct ledger* book = ledger_open();
    if (book == 0) return 2;
    book->site_address[0] = (uint64_t)(uintptr_t)dlsym(RTLD_DEFAULT, "memtrace_root");
    begin(what);
    if (forks) kept[4] = malloc(50);
    const pid_t child = forks ? fork() : 0;
    if (child == 0) {
        go_on(what);
        if (forks) dprintf(1, "%d\n", (int)getpid());
        raise(SIGSTOP);
        return 0;
    }
    int status = 0;
    waitpid(child, &status, WUNTRACED);
    raise(SIGSTOP);
    kill(child, SIGKILL);
    return 0;
}
