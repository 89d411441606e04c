/* SPDX-License-Identifier: MIT
 *
 * A JIT compiler's code, as far as an unwinder sees it: made at run time, described by no
 * table, twenty frames deep, one on the other and with compiled frames in between. Each
 * frame used to cost six system calls at each event, for nothing was remembered of such
 * code, and each of these stacks was walked whole.
 * After the first stop all has been seen once; what follows up to the second is the same
 * again, at other depths. With an argument it does not stop. */
#include <memtrace.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { DEPTH = 20, ROUNDS = 2000 };
typedef void* (*made)(long depth, void* self, void* end);

static void* allocate(long n, void* a, void* b) {
    (void)n;
    (void)a;
    (void)b;
    void* block = malloc(40);
    __asm__ volatile("" ::"r"(block) : "memory");
    return block;
}

static made code;

static void* again(long n, void* a, void* b) {
    (void)n;
    (void)a;
    (void)b;
    return code(3, (void*)code, (void*)allocate);
}

static made compile(void) {
    /* push rbp; mov rbp,rsp; test rdi,rdi; jz 1f; dec rdi; call rsi; pop rbp; ret;
     * 1: call rdx; pop rbp; ret */
    static const unsigned char bytes[] = {0x55, 0x48, 0x89, 0xe5, 0x48, 0x85, 0xff,
                                          0x74, 0x07, 0x48, 0xff, 0xcf, 0xff, 0xd6,
                                          0x5d, 0xc3, 0xff, 0xd2, 0x5d, 0xc3};
    void* page =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) abort();
    memcpy((char*)page + 16, bytes, sizeof bytes);
    return (made)((char*)page + 16);
}

static void run(void) {
    for (int i = 0; i < ROUNDS; ++i) {
        free(code(i % DEPTH, (void*)code, (void*)allocate));
        free(code(i % DEPTH, (void*)code, (void*)again));
    }
}

int main(int argc, char** argv) {
    (void)argv;
    code = compile();
    memtrace_start(64);
    for (int i = 0; i < 2; ++i) {
        run();
        if (argc == 1) raise(SIGSTOP);
    }
    return 0;
}
