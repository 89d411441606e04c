/* SPDX-License-Identifier: MIT
 *
 * Values that registers hold: each thread has one in rbx, one in the upper half of xmm3 and,
 * where the processor has AVX, one in the upper half of ymm5; those of thread N end in N, and
 * main is 0. The others (as many as the argument says, else one) wait in the kernel; main
 * comes to registers_held and is then killed where it stands. With the argument 0 main ends, so
 * that nobody can read its registers, and the one other thread is killed. */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static volatile int waiting;

__attribute__((noinline)) void registers_held(void) { __asm__ volatile(""); }

static uint64_t value(uint64_t kind, uint64_t thread) {
    return UINT64_C(0xfeed000000000000) | kind << 32 | thread;
}

/* In one statement with what follows, so that the compiler cannot use them in between. */
#define FILL_REGISTERS                         \
    "mov %[general], %%rbx\n"                  \
    "movq %[lower], %%xmm3\n"                  \
    "pslldq $8, %%xmm3\n"                      \
    "test %[has_avx], %[has_avx]\n"            \
    "jz 1f\n"                                  \
    "vmovq %[upper], %%xmm5\n"                 \
    "vinsertf128 $1, %%xmm5, %%ymm5, %%ymm5\n" \
    "1:\n"
#define VALUES(thread)                                                  \
    [general] "r"(value(0xb, thread)), [lower] "r"(value(0x3, thread)), \
        [upper] "r"(value(0x5, thread)), [has_avx] "r"(__builtin_cpu_supports("avx"))
#define CHANGED "rax", "rbx", "rcx", "r11", "xmm3", "xmm5", "memory"

static void* wait_in_kernel(void* number) {
    __asm__ volatile(FILL_REGISTERS
                     "lock incl %[waiting]\n"
                     "2: mov $34, %%eax\n" /* pause() */
                     "syscall\n"
                     "jmp 2b\n"
                     :
                     : VALUES((uintptr_t)number), [waiting] "m"(waiting)
                     : CHANGED);
    return NULL;
}

static void* end_after_main(void* unused) {
    char state = 0;
    while (state != 'Z') {
        FILE* stat = fopen("/proc/self/stat", "r");
        if (stat == NULL || fscanf(stat, "%*d %*s %c", &state) != 1) return unused;
        fclose(stat);
    }
    __builtin_trap();
}

static void start(void* (*body)(void*), intptr_t number) {
    pthread_t thread;
    pthread_attr_t small;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 1 << 16);
    if (pthread_create(&thread, &small, body, (void*)number) != 0) exit(1);
}

int main(int count, char** arguments) {
    const int threads = count > 1 ? atoi(arguments[1]) : 1;
    if (threads == 0) {
        start(end_after_main, 1);
        pthread_exit(NULL);
    }
    for (intptr_t i = 1; i <= threads; ++i) start(wait_in_kernel, i);
    while (waiting < threads) usleep(1000);
    __asm__ volatile(FILL_REGISTERS
                     "sub $128, %%rsp\n" /* the red zone */
                     "call registers_held\n"
                     "ud2\n"
                     :
                     : VALUES(0)
                     : CHANGED);
}
