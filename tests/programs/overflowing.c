/* SPDX-License-Identifier: MIT
 *
 * A thread runs out of stack, and the handler on the alternate stack allocates: before it
 * ends the recursion by a jump, and while an event of the thread may be half done. Where
 * the alternate stack lies decides what can be told from addresses: away from the
 * thread's stack (argument: away), or in a frame of it, above all that runs (above). */
#define _GNU_SOURCE
#include <memtrace.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "ledger.h"

enum { ROUNDS = 20, IN_HANDLER = 5, ALTERNATE = 65536 };
static struct ledger* book;
static sigjmp_buf back;
static void* volatile sink;
static unsigned round_now;

static void keep(unsigned number) {
    const size_t size = LEDGER_OWN + number;
    void* block = malloc(size);
    if (block == NULL) _exit(3);
    ledger_add(book, block, size);
}

static void on_overflow(int number) {
    (void)number;
    for (unsigned i = 0; i < IN_HANDLER; ++i) keep(round_now * 10 + i);
    siglongjmp(back, 1);
}

/* An allocation in many frames, so that some overflow happens inside a hook. Without end,
 * which the compiler shall not see. */
static volatile unsigned deepest = ~0u;
static unsigned recurse(unsigned depth) {
    volatile char room[200];
    room[depth % sizeof room] = (char)depth;
    if (depth % 16 == 0) {
        sink = malloc(50);
        free(sink);
    }
    return depth == deepest ? 0 : recurse(depth + 1) + (unsigned char)room[depth % sizeof room];
}

static void overflow(void* alternate) {
    const stack_t stack = {.ss_sp = alternate, .ss_size = ALTERNATE};
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_overflow;
    action.sa_flags = SA_ONSTACK;
    if (sigaltstack(&stack, NULL) != 0 || sigaction(SIGSEGV, &action, NULL) != 0) _exit(4);
    for (round_now = 0; round_now < ROUNDS; ++round_now) {
        if (sigsetjmp(back, 1) == 0) sink = (void*)(size_t)recurse(round_now);
        keep(round_now * 10 + IN_HANDLER);
    }
}

static void* work(void* where) {
    char here[ALTERNATE];
    overflow(where != NULL ? where : here);
    return NULL;
}

int main(int argc, char** argv) {
    static char room[ALTERNATE];
    pthread_attr_t attributes;
    pthread_t thread;
    book = ledger_open();
    if (book == NULL || memtrace_start(32) != 0) return 2;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 256 * 1024);
    pthread_create(&thread, &attributes, work,
                   argc > 1 && strcmp(argv[1], "above") == 0 ? NULL : room);
    pthread_join(thread, NULL);
    raise(SIGSTOP);
    return 0;
}
