/* SPDX-License-Identifier: MIT
 *
 * Coroutines that allocate: three fibers by turns, each over several pages of its stack, and
 * main in between. Of such a stack nothing says where it ends, so each page of it was asked
 * for at each event, and it was walked whole. After the first stop all stacks have been
 * seen once; what follows up to the second is the same again. With an argument it does not
 * stop. */
#include <memtrace.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <ucontext.h>

enum { FIBERS = 3, DEPTH = 90, ROUNDS = 40, STACK = 65536 };
static ucontext_t outside, inside[FIBERS];
static int now;

static void event(void) {
    void* block = malloc(40);
    __asm__ volatile("" ::"r"(block) : "memory");
    free(block);
}

static void deeper(int depth) {
    volatile char room[64];
    room[0] = 1;
    if (depth % 8 == 0) event();
    if (depth > 0) deeper(depth - room[0]);
    if (depth == 0) swapcontext(&inside[now], &outside);
    if (depth % 16 == 0) event();
}

static void fiber(void) {
    for (;;) {
        event();
        deeper(DEPTH - now * 20);
        event();
    }
}

static void run(void) {
    for (int round = 0; round < ROUNDS; ++round) {
        for (now = 0; now < FIBERS; ++now) {
            event();
            swapcontext(&outside, &inside[now]);
        }
    }
}

int main(int argc, char** argv) {
    (void)argv;
    memtrace_start(256);
    for (int i = 0; i < FIBERS; ++i) {
        void* stack = mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (stack == MAP_FAILED) abort();
        getcontext(&inside[i]);
        inside[i].uc_stack.ss_sp = stack;
        inside[i].uc_stack.ss_size = STACK;
        makecontext(&inside[i], fiber, 0);
    }
    for (int i = 0; i < 2; ++i) {
        run();
        if (argc == 1) raise(SIGSTOP);
    }
    return 0;
}
