/* SPDX-License-Identifier: MIT
 *
 * Names that are not text: source files and a function with bytes that are no UTF-8, an
 * escape sequence that would colour a terminal, a newline. They are data of the program's
 * author and lose neither their lines nor anybody's screen. */
#include <stdlib.h>

static void* kept[4];

__attribute__((noinline)) void odd_ready(void) { __asm__ volatile("nop" ::: "memory"); }
__attribute__((noinline)) void odd_done(void) { __asm__ volatile("nop" ::: "memory"); }
void latin1(void) __asm__("caf\351");

/* clang-format off */
#line 1 "/odd/caf\351.c"
__attribute__((noinline)) void latin1(void) {
    kept[0] = malloc(1000);
}
#line 1 "/odd/\033[31mred\n.c"
__attribute__((noinline)) static void coloured(void) {
    kept[1] = malloc(200);
}
#line 1 "/odd/plain.c"
int main(void) {
    odd_ready();
    latin1();
    coloured();
    kept[2] = malloc(30);
    odd_done();
    return 0;
}
