/* SPDX-License-Identifier: MIT
 *
 * Processes come and go while blocks are held: a child shares its parent's memory until it
 * has called exec (vfork, posix_spawn), or is killed at any instruction of its malloc; a timer
 * forks, by fork() and by the bare system call; a shell starts others. A tracer that goes by
 * process numbers counts a child's events for nobody, one that waits for a lock waits for
 * the dead. Arguments: what makes them. Ends with 0 if what it holds is what is traced. */
#define _GNU_SOURCE
#include <memtrace.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "watchdog.h"

extern char** environ;
static void* volatile held[100];
static uint64_t held_bytes;
static volatile sig_atomic_t is_child, forks, by_libc_only;

static int status_of(pid_t child) {
    int status = -1;
    while (waitpid(child, &status, 0) < 0) {
    }
    return status;
}

static void hold(int i) {
    if (held[i] != NULL) held_bytes -= 2000u + (unsigned)i;
    free(held[i]);
    held[i] = malloc(2000u + (unsigned)i);
    held_bytes += 2000u + (unsigned)i;
}

static int spawn_true(int by_vfork) {
    static char* const words[] = {(char*)"/bin/true", NULL};
    pid_t child = -1;
    if (!by_vfork)
        return posix_spawn(&child, words[0], NULL, NULL, words, environ) | status_of(child);
    child = vfork();
    if (child == 0) {
        execve(words[0], words, environ);
        _exit(1);
    }
    return status_of(child);
}

/* Each in a size of its own, from libc's list of the thread for it: that list may be left
 * half written, with or without a tracer. */
enum { MOST_KILLED = 60 };
static int allocate_for_ever(void* size) {
    for (;;) free(malloc((size_t)(uintptr_t)size));
    return 0;
}
static char child_stack[1 << 16] __attribute__((aligned(16)));
static int kill_child(int round) {
    const uintptr_t size = 24 + 16 * (uintptr_t)round;
    free(malloc(size));
    const pid_t child =
        clone(allocate_for_ever, child_stack + sizeof child_stack, CLONE_VM | SIGCHLD, (void*)size);
    const struct timespec pause = {0, 20000L + round * 7919L % 300000L};
    nanosleep(&pause, NULL);
    kill(child, SIGKILL);
    const int status = status_of(child);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL ? 0 : 1;
}

static void timer_forks(int number) {
    (void)number;
    if (is_child) return;
    const int by_libc = by_libc_only || forks % 2 == 0;
    const pid_t child = by_libc ? fork() : (pid_t)syscall(SYS_fork);
    if (child == 0) is_child = 1;
    if (child > 0 && status_of(child) != 0) _exit(8);
    if (child >= 0) ++forks;
}

static int is_traced_right(void) {
    uint64_t current = 0, peak = 0;
    if (!memtrace_is_tracing()) return 1;
    return memtrace_get_traced_memory(&current, &peak) == 0 && current == held_bytes;
}

static int by_timer(int rounds) {
    const struct itimerval often = {{0, 700}, {0, 700}}, never = {{0, 0}, {0, 0}};
    signal(SIGVTALRM, timer_forks);
    setitimer(ITIMER_VIRTUAL, &often, NULL);
    for (int i = 0; forks < rounds && !is_child; ++i) hold(i % 100);
    setitimer(ITIMER_VIRTUAL, &never, NULL);
    for (int i = 0; i < 200; ++i) hold(i % 100);
    if (is_child) _exit(is_traced_right() ? 0 : 9);
    return 0;
}

int main(int argc, char** argv) {
    const char* what = argc > 1 ? argv[1] : "";
    watchdog(120);
    const int rounds = (int)storm(40, 2000);
    int bad = 0;
    by_libc_only = strcmp(what, "libc_timer") == 0;
    if (by_libc_only || strcmp(what, "timer") == 0) bad = by_timer(rounds);
    if (strcmp(what, "shell") == 0)
        bad = system("true; ls -d / /bin | sort | tail -1; exit 3") != 3 << 8;
    for (int i = 0; i < rounds && bad == 0; ++i) {
        hold(i % 100);
        if (strcmp(what, "vfork") == 0) bad = spawn_true(1);
        if (strcmp(what, "spawn") == 0) bad = spawn_true(0);
        if (strcmp(what, "killed") == 0 && i < MOST_KILLED) bad = kill_child(i);
    }
    /* What a killed child left half done may be lost, which is counted. */
    const int right = strcmp(what, "killed") == 0 || is_traced_right();
    return bad != 0 ? 1 : right ? 0 : 2;
}
