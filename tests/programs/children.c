/* SPDX-License-Identifier: MIT
 *
 * Processes made in every way that the system has. fork() tells its libraries; syscall(SYS_fork),
 * clone, clone3 and _Fork tell nobody, so a tracer that waits to be told shows nothing of
 * the child, or its parent's table under the parent's number. Arguments: how the child is
 * made; "early", before the program's first allocation, "late", after some, or "started",
 * early too, by memtrace_start(); how many generations. The last child writes down what it
 * holds, tells its number and stops; then the first parent stops. */
#define _GNU_SOURCE
#include <linux/sched.h>
#include <memtrace.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ledger.h"
#include "watchdog.h"

static void* volatile held[60];

static pid_t make_child(const char* how) {
    if (strcmp(how, "fork") == 0) return fork();
    if (strcmp(how, "SYS_fork") == 0) return (pid_t)syscall(SYS_fork);
    if (strcmp(how, "clone") == 0) return (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
    struct clone_args arguments;
    memset(&arguments, 0, sizeof arguments);
    arguments.exit_signal = SIGCHLD;
    if (strcmp(how, "clone3") == 0) return (pid_t)syscall(SYS_clone3, &arguments, sizeof arguments);
#if __GLIBC_PREREQ(2, 34)
    if (strcmp(how, "_Fork") == 0) return _Fork();
#endif
    return (pid_t)syscall(SYS_fork);
}

static size_t size_of(int i) { return (size_t)(100 + i); }

static void allocate(int first, int end) {
    for (int i = first; i < end; ++i) held[i] = malloc(size_of(i));
}

static void work(struct ledger* book, int generation) {
    allocate(generation * 10, 60);
    for (int i = 0; i < 5; ++i) {
        free(held[generation * 2 + i]);
        held[generation * 2 + i] = NULL;
    }
    book->block_count = 0;
    for (int i = 0; i < 60; ++i) {
        if (held[i] != NULL) ledger_add(book, held[i], size_of(i));
    }
}

static int child(const char* how, struct ledger* book, int generation, int last) {
    watchdog(60);
    if (generation < last) {
        allocate(generation * 10, generation * 10 + 10);
        const pid_t next = make_child(how);
        if (next == 0) return child(how, book, generation + 1, last);
        int status = -1;
        waitpid(next, &status, WUNTRACED);
        return WIFSTOPPED(status) ? 0 : 4;
    }
    work(book, generation);
    char line[32];
    const int length = snprintf(line, sizeof line, "%d\n", (int)getpid());
    if (write(1, line, (size_t)length) != length) return 5;
    raise(SIGSTOP);
    return 0;
}

int main(int argc, char** argv) {
    struct ledger* book = ledger_open();
    if (argc < 4 || book == NULL) return 2;
    if (strcmp(argv[2], "started") == 0 && memtrace_start(32) != 0) return 3;
    if (strcmp(argv[2], "late") == 0) allocate(0, 10);
    const pid_t first = make_child(argv[1]);
    if (first == 0) _exit(child(argv[1], book, 1, atoi(argv[3])));
    int status = -1;
    waitpid(first, &status, WUNTRACED);
    const int good = WIFSTOPPED(status) || (WIFEXITED(status) && WEXITSTATUS(status) == 0);
    raise(SIGSTOP);
    return good ? 0 : 1;
}
