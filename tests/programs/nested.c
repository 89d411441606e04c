// SPDX-License-Identifier: MIT
//
// Functions that C compilers put inside others: GNU C's nested functions, also two of one
// name, and the parts of a function that OpenMP runs on threads of its own. What a thread
// of its pool allocates has the function around it nowhere on its stack.
#include <stdlib.h>

static void* volatile kept[32];
static int next_kept;

#define KEEP(size) (kept[next_kept++] = malloc(size))

__attribute__((noinline)) static void call(void (*function)(size_t), size_t size) {
    function(size);
    __asm__ volatile("nop" ::: "memory");
}

__attribute__((noinline)) void nested_ready(void) { __asm__ volatile("nop" ::: "memory"); }
__attribute__((noinline)) void nested_done(void) { __asm__ volatile("nop" ::: "memory"); }

__attribute__((noinline)) static void store(size_t size) {
    size_t extra = size / 10;
    void add(size_t n) {
        void twice(size_t m) { KEEP(m + n + extra); }
        KEEP(n + extra);
        call(twice, n);
    }
    call(add, size);
    add(size + 1);
}

__attribute__((noinline)) static void shelve(size_t size) {
    size_t extra = size / 5;
    void add(size_t n) { KEEP(n + extra); }
    call(add, size);
}

int main(void) {
    nested_ready();
    store(1000);
    shelve(2000);
#pragma omp parallel num_threads(2)
#pragma omp critical
    KEEP(3000);
    nested_done();
    return 0;
}
