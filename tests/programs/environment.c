/* SPDX-License-Identifier: MIT
 *
 * What the environment says is decided before main: two blocks, one of them of no
 * bytes, three calls deep, then a stop. Asks for nothing by itself, and prints where the runtime's
 * root is, which has no table to be found by while nothing was traced. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

static void* volatile blocks[2];

__attribute__((noinline)) static void allocate(void) {
    blocks[0] = malloc(0);
    blocks[1] = malloc(123);
}
__attribute__((noinline)) static void inner(void) {
    allocate();
    __asm__ volatile("" ::: "memory");
}
__attribute__((noinline)) static void outer(void) {
    inner();
    __asm__ volatile("" ::: "memory");
}

int main(void) {
    outer();
    dprintf(1, "%p\n", dlsym(RTLD_DEFAULT, "memtrace_root"));
    raise(SIGSTOP);
    return 0;
}
