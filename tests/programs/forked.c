/* SPDX-License-Identifier: MIT
 *
 * A program and its child, of which a debugger follows either one or both. Each has a
 * table of its own: what the other did after the fork is not in it. */
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static void* volatile kept[3];

__attribute__((noinline)) void forked_ready(void) { __asm__ volatile("nop" ::: "memory"); }
__attribute__((noinline)) void forked_child(void) { __asm__ volatile("nop" ::: "memory"); }
__attribute__((noinline)) void forked_parent(void) { __asm__ volatile("nop" ::: "memory"); }

int main(void) {
    forked_ready();
    kept[0] = malloc(1000);
    const pid_t child = fork();
    if (child == 0) {
        kept[1] = malloc(200);
        forked_child();
        _exit(0);
    }
    kept[2] = malloc(30);
    forked_parent();
    waitpid(child, NULL, 0);
    return 0;
}
